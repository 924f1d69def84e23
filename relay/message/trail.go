package message

// Trail says how a message went its way. The zero Trail is that of a message of an earlier release, of which nothing
// is known.
type Trail struct {
	Carriage Carriage
	Split    bool    // the gateway made the parts of the message
	Session  Session // of the ESME that sent it
	Answered uint32  // how many milliseconds after its submission the SMSC's answer came
}

// Carriage says where a message carries its number. It stands in the log and in the index, so the values never change.
type Carriage uint8

// Where a message may carry its number.
const (
	CarriageUnknown   Carriage = iota
	CarriageUDH                // in the element
	CarriageText               // in the marker
	CarriageElsewhere          // another part of the message carries it
)

var carriageNames = [...]string{"", "udh", "text", "other_part"}

// IsKnown reports whether c is one of the values above.
func (c Carriage) IsKnown() bool { return int(c) < len(carriageNames) }

func (c Carriage) String() string {
	if c.IsKnown() {
		return carriageNames[c]
	}
	return "unknown"
}
