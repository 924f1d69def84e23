package message

// Merged is what the receipts of all parts of a message come to: the one receipt that
// its ESME gets.
type Merged struct {
	PartReceipt      // the worst of them; ID and Text are those of the first part
	Wanted      bool // the ESME has asked for such a receipt
}
