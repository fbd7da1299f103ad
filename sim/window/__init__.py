"""The window worth watching: one picture of a tick, and the shells that show or record it.

`canvas.Canvas` composes the picture as an RGB array without any display; `shell.Window` shows it,
`video.VideoWriter` records it, and both see the same pixels.
"""
