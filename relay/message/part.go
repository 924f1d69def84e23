package message

// Part says which part of a concatenated message a submit_sm carries
// (TS 23.040 §9.2.3.24.1, §9.2.3.24.8). The zero Part is a message of its own.
type Part struct {
	Ref        uint16 // the concatenation reference, the same in all parts
	Wide       bool   // the reference has 16 bits
	Total, Seq uint8
}
