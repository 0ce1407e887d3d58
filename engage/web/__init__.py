"""The pages for people: a console for care managers, and with the simulator a demo and its phones.

They are ordinary clients of the API, written in TypeScript under client/ and built into static/ by
`make web`; Python only hands the built files out. This room refuses to know anything about anybody:
no page holds a fact, each asks the API for what its reader may see.
"""
