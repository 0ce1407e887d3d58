"""Who else belongs to a patient: caregivers and care teams, in the database: `store.py`."""
