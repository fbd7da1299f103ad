#!/usr/bin/env bash
# From an empty folder to a driving pilot: collect, train perception, train policy, improve, evaluate.
#
#     scripts/speedrun.sh                 every scenario; hours on a laptop's processor
#     scripts/speedrun.sh --quick         highway and lane-keeping only
#     scripts/speedrun.sh --out runs/mine --jobs 8 --device cuda
#
# Each step is a command of its own and shows its progress. A run that is killed goes on where it was
# when the same command is given again. At the end a table tells the time of each step and the score;
# the record (docs/records) is written into OUT/record.md.
set -euo pipefail
cd "$(dirname "$0")/.."

out=runs/speedrun jobs=2 device=auto quick=no
while [ $# -gt 0 ]; do
    case "$1" in
        --quick) quick=yes ;;
        --out) out=${2:?speedrun: expected a value after --out}; shift ;;
        --jobs) jobs=${2:?speedrun: expected a value after --jobs}; shift ;;
        --device) device=${2:?speedrun: expected a value after --device}; shift ;;
        *) echo "speedrun: expected --quick, --out DIR, --jobs N or --device NAME, got $1" >&2; exit 2 ;;
    esac
    shift
done

if [ $quick = yes ]; then
    # A champion this young is easily beaten: one chance in five of being wrong is enough.
    scenarios=highway,lane-keeping episodes=10 hours=0.05 rounds=1 tests=5
    perception="--ticks-per-scenario 600 --redrawn 600 --steps 850 --batch-size 16 --warm-up 50 --every 500 --network.width 0.5"
    policy="--take.every 4 --take.moved 0.5 --steps 900"
    improve="--learn.steps 300 --prove.least 2 --prove.most 4 --prove.alpha 0.2"
else
    scenarios=all episodes=27 hours=1 rounds=2 tests=10
    perception="--ticks-per-scenario 1500 --redrawn 3000 --steps 30000 --warm-up 300"
    policy="--take.every 4 --take.moved 0.5 --steps 5000"
    improve=""
fi

mkdir -p "$out"
step() { # name, command ...: runs it unless it has ended before, and keeps how long it took
    local name=$1 began=$SECONDS
    shift
    if grep -qs "^$name	" "$out/steps.tsv"; then
        echo "== $name: done"
        return
    fi
    echo "== $name: $*"
    "$@"
    printf '%s\t%d\t%s\n' "$name" $((SECONDS - began)) "$*" >> "$out/steps.tsv"
}

# shellcheck disable=SC2086  # the options are words
{
# What is learned from is recorded without pictures, and drawn when it is learned from.
expert="uv run scripts/collect.py --agent expert --weather random --noise dart --scenarios $scenarios --jobs $jobs"
step collect $expert --episodes $episodes --seed 1000 --out "$out/data" --no-cameras
step exams $expert --episodes 2 --seed $((1000 + episodes)) --out "$out/held"
data=("$out/data" "$out/held")
exams="$((1000 + episodes)) $((1001 + episodes))"
seeds="--seeds 1000 $((999 + episodes)) --held-out $exams"
step perception uv run scripts/train.py perception --data "${data[@]}" --out "$out/perception" \
    --cache "$out/cache" $seeds --jobs "$jobs" --threads "$jobs" --device "$device" $perception
step policy uv run scripts/train.py policy --data "${data[@]}" --out "$out/policy" \
    --eyes "$out/perception" --lessons "$out/lessons" $seeds --jobs "$jobs" \
    --threads "$jobs" --device "$device" $policy
step register uv run scripts/models.py add base --from "$out/policy" --eyes "$out/perception" \
    --root "$out/models" --note "before the first round"
step promote uv run scripts/models.py promote base --why "the beginning" --root "$out/models"
step improve uv run scripts/improve.py --models "$out/models" --scenarios $scenarios --rounds $rounds \
    --hours $hours --data "${data[@]}" --out "$out/improve" --lessons "$out/lessons" --jobs "$jobs" \
    --learn.held-out $exams $improve
step evaluate uv run scripts/evaluate.py --agent pilot --model "$out/models/champion" \
    --scenarios $scenarios --episodes $tests --seed 500 --jobs "$jobs" --json "$out/pilot.json"
}
uv run scripts/record.py "$out"
