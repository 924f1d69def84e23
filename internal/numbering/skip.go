package numbering

// Skip is why a message goes on without a number. It is no error: the message
// goes on as it came.
type Skip uint8

// The skips. Each is one row: its name in the metrics and the log, and what it means, which
// docs/watch.md says as well.
var (
	Numbered     = newSkip("numbered", "The message has its number.")
	NotRequested = newSkip("not_requested", "The account's messages are not tracked, or this one did not ask.")
	NoRoom       = newSkip("no_room", "The number does not fit beside the text.")
	Taken        = newSkip("taken", "The sender uses the element's identifier.")
	Malformed    = newSkip("malformed", "The message cannot be read.")
	NoSender     = newSkip("no_sender", "The message has no `source_addr`: the SMSC fills it in, so the gateway does not know the conversation.")
	Binary       = newSkip("binary", "The message is no text, or it is for a port or for the SIM.")
	NotAMessage  = newSkip("not_a_message", "The PDU is no message that a person reads: USSD, a silent SMS, or for another unit than the display.")
	Ack          = newSkip("ack", "The message is itself an acknowledgement (`esm_class`, SMPP 3.4 §5.2.12).")
	Replace      = newSkip("replace", "The message may replace one that is not yet delivered (`replace_if_present_flag`).")
	Bypass       = newSkip("bypass", "The text is a canned one of the SMSC's (`sm_default_msg_id`), which the gateway does not know.")
	LedgerDown   = newSkip("ledger_down", "No number can be given now.")
	Multi        = newSkip("multi", "A submit_multi has one text for many receivers; `track.multi: split` numbers it.")
)

// skips are the rows, by Skip.
var skips []skipRow

type skipRow struct{ name, meaning string }

func newSkip(name, meaning string) Skip {
	skips = append(skips, skipRow{name, meaning})
	return Skip(len(skips) - 1)
}

// Skips returns all skips, Numbered first.
func Skips() []Skip {
	all := make([]Skip, len(skips))
	for i := range all {
		all[i] = Skip(i)
	}
	return all
}

// Meaning returns what the skip means, for the docs.
func (s Skip) Meaning() string { return skips[s].meaning }

// String returns the name of the skip.
func (s Skip) String() string { return skips[s].name }
