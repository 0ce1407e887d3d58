-- The rows of one webhook, as pgbench writes them: six statements, in one transaction.
-- A name with a dollar is replaced: ids follow from a number. pgbench writes faster than patients
-- can be seeded, so it comes back to the same ones; what is unique per patient names an episode.

WITH r AS (
    INSERT INTO receipt (practice_id, account_sid, sid, message_id, at)
    VALUES ($practice, '$account', 'SM' || lpad(to_hex($number), 32, '0'), $answer, now())
)
INSERT INTO message (practice_id, id, line_id, thread_id, conversation_id, direction, author,
    author_id, body_sealed, prompt, kind, status, carrier_sid, media_count, at, handled_at)
VALUES ($practice, $answer, $line, $thread, $conversation, 'in', 'patient',
    $patient, $one, 'hvs.worried', 'reply', 'received',
    'SM' || lpad(to_hex($number), 32, '0'), 0, now(), now());

UPDATE conversation SET state = $state, updated_at = now()
WHERE practice_id = $practice AND id = $conversation;

INSERT INTO answer (practice_id, id, screening_id, item, kind, option, loinc, message_id,
    reporter, at)
VALUES ($practice, $answer, $screening, 'hvs.worried', 'chosen', 'often', '88122-7', $answer,
    'patient', now());

WITH k AS (
    INSERT INTO text_key (practice_id, cause_id, key, message_id)
    VALUES ($practice, $episode, 'ask/2', $reply)
), d AS (
    INSERT INTO due (kind, id, practice_id, due_at) VALUES ('outbox', $reply, $practice, now())
)
INSERT INTO message (practice_id, id, line_id, thread_id, conversation_id, direction, author,
    body_sealed, text_id, text_key, prompt, kind, status, segments, at)
VALUES ($practice, $reply, $line, $thread, $conversation, 'out', 'system',
    $next_question, 'ask hvs.ran-out', 'ask/2', 'hvs.ran-out', 'screening', 'queued', 2, now());

WITH i AS (
    INSERT INTO queue_item (practice_id, id, about_id, patient_id, line_id, thread_id, subject,
        severity, status, owner_id, owner_why, due_at, opened_at)
    VALUES ($practice, $item, $episode, $patient, $line, $thread, $subject,
        'routine', 'ready', $manager, 'assigned care manager', now() + interval '2 days', now())
)
INSERT INTO flag (practice_id, id, item_id, patient_id, reason, severity, rule, source_id,
    message_id, at)
VALUES ($practice, $flag, $item, $patient, 'food-insecurity', 'routine',
    'hunger-vital-sign/hvs.worried', $answer, $answer, now());

INSERT INTO feed (practice_id, id, at, kind, subject_id, patient_id)
VALUES ($practice, $feed_1, now(), 'item', $item, $patient),
    ($practice, $feed_2, now(), 'message', $reply, NULL),
    ($practice, $feed_3, now(), 'message', $answer, NULL);
