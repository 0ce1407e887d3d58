"""From which birthday on a minor's caregivers see less here: a practice's own rule."""
