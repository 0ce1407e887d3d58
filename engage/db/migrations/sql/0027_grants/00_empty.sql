SELECT 1 AS nothing_yet;
