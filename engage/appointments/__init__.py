"""Appointments that are kept: visits and their places, rides to them, and boxes that are brought.

A visit is told by the practice's staff or by the clinic's own system; of each thing that is known
of it the newest counts. A ride is tied to one visit: it fails when the visit moves, and is called
off with it. This room refuses to text, and to make work for anybody: turns does.
"""
