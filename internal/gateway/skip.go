package gateway

// Skip is why a message went on without a number. It is no error: the message
// goes on as it came.
type Skip uint8

// The skips, by the names that the metrics and the log give them.
const (
	Numbered     Skip = iota // not skipped
	NotRequested             // the account's messages are not tracked, or this one did not ask
	NoRoom                   // the number does not fit beside the text
	Taken                    // the sender uses the element's identifier
	Malformed                // the message cannot be read
	Binary                   // no text, or for a port or the SIM
	Ack                      // itself an acknowledgement (esm_class, SMPP 3.4 §5.2.12)
	Replace                  // may replace a message that is not yet delivered
	Bypass                   // canned text of the SMSC's, which nobody here can see
	LedgerDown               // no number can be given now
	Multi                    // submit_multi has one text for many receivers
	skips
)

func (s Skip) String() string {
	return [skips]string{
		"numbered", "not_requested", "no_room", "taken", "malformed", "binary",
		"ack", "replace", "bypass", "ledger_down", "multi",
	}[s]
}
