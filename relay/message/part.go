package message

// Part says which part of a concatenated message a submit_sm carries (TS 23.040 §9.2.3.24.1,
// §9.2.3.24.8). The zero Part is a message that is not concatenated.
type Part struct {
	Ref        uint16 // the concatenation reference, the same in all parts
	Wide       bool   // the reference has 16 bits
	Total, Seq uint8
}

// MaxNote is the length of the longest text of a receipt that is kept.
const MaxNote = 64

// PartReceipt is what a final receipt says of a part, or of the whole message.
type PartReceipt struct {
	State   byte   // message_state (SMPP 3.4 §5.2.28)
	ID      string // as the receipt writes it; up to 64 octets, as the others
	Err     string // of the text
	Network string // network_error_code (SMPP 3.4 §5.3.2.31)
	Text    string // behind text: in the text
}
