package journaltest

import (
	"math"

	"readback/relay/journal"
	"readback/relay/message"
)

// Values for the fields of records: usual ones, and the largest that are read.
const (
	Time        = 1795000000123
	MostTime    = 1 << 48
	MostOrdinal = 1 << 62
)

// Addresses and places for records: usual ones, and the longest that are read.
var (
	Conversation     = message.Conversation{Sender: MustAddr("10690001"), Receiver: MustAddr("447700900123")}
	Place            = journal.Place{Conv: Conversation, Day: 20780, Number: 257, Ordinal: 1 << 40}
	From             = message.Address{TON: 5, Addr: Conversation.Sender}
	To               = message.Address{TON: 1, NPI: 1, Addr: Conversation.Receiver}
	AsSubmitted      = MustAddr("+447700900199")
	MostAddr         = MustAddr("12345678901234567890")
	MostConversation = message.Conversation{Sender: MostAddr, Receiver: MostAddr}
	MostPlace        = journal.Place{Conv: MostConversation, Day: math.MaxUint16, Number: math.MaxUint16, Ordinal: MostOrdinal}
)

// MustAddr is NewAddr for an address that is right.
func MustAddr(s string) message.Addr {
	a, err := message.NewAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

// ReceiverOn is the place in a record that has only a receiver and a day.
func ReceiverOn(day uint16) journal.Place {
	return journal.Place{Conv: message.Conversation{Receiver: Conversation.Receiver}, Day: day}
}

// Accepted is the record of an accepted message, changed by change.
func Accepted(change func(*journal.Record)) journal.Record {
	r := journal.Record{
		Kind: journal.KindAccepted, Place: Place, Bound: 1<<40 + 5, At: Time,
		Account: []byte("bank"), MessageID: []byte("4A7F01"), From: From, To: To,
	}
	change(&r)
	return r
}

// AcceptedAt is the record of a message of the account bank that the SMSC accepted under an id, a second after the
// epoch of Unix.
func AcceptedAt(p journal.Place, id string) journal.Record {
	return journal.Record{
		Kind: journal.KindAccepted, Place: p, Bound: p.Ordinal + 1, At: 1000, Account: []byte("bank"), MessageID: []byte(id),
		From: message.Address{TON: From.TON, NPI: From.NPI, Addr: p.Conv.Sender},
		To:   message.Address{TON: To.TON, NPI: To.NPI, Addr: p.Conv.Receiver},
	}
}
