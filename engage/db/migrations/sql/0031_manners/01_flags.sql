-- Thanks alone are kept with the work that is open, and wake nothing: engage/turns/inbound.py names
-- the rule of such a flag.
DROP TRIGGER wakes ON flag;
CREATE TRIGGER wakes AFTER INSERT ON flag FOR EACH ROW
    WHEN (NEW.rule <> 'inbox/thanks')
    EXECUTE FUNCTION flag_wakes();
