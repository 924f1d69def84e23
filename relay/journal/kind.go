package journal

// Kind says what a record tells. It is an octet of the log: the values never change.
type Kind byte

// The kinds of records.
const (
	KindStart Kind = iota + 1
	KindStop
	KindHead
	KindAccepted
	KindReceipt
	KindRead
	KindFed
	KindRoute
	KindCut
	KindMerge
	KindOptOut
	KindErase
	KindReported
	KindPublished
	// Kinds is how many there are, counting none. A new kind raises the version of the index as
	// well: an older release then reads the log from its beginning, finds the kind, and refuses the
	// store.
	Kinds
)

// table describes each kind. What is done with a record of it is in the index's table.
var table = [Kinds]struct {
	name    string // in the metrics
	changes bool   // it changes what an earlier record brought
	waits   bool   // one that finds no room is put off, or is not missed
	append  func(dst []byte, r *Record) []byte
	parse   func(d *Decoder, r *Record)
}{
	KindStart:     {name: "start", append: AppendStart, parse: parseStart},
	KindStop:      {name: "stop", append: appendStop, parse: parseStop},
	KindHead:      {name: "head", waits: true, append: appendHead, parse: parseHead},
	KindAccepted:  {name: "accepted", append: appendAccepted, parse: parseAccepted},
	KindReceipt:   {name: "receipt", changes: true, append: AppendReceipt, parse: parseReceipt},
	KindRead:      {name: "read", changes: true, append: AppendRead, parse: parseRead},
	KindFed:       {name: "fed", append: appendFed, parse: parseFed},
	KindRoute:     {name: "route", append: appendRoute, parse: parseRoute},
	KindCut:       {name: "cut", append: AppendCut, parse: parseCut},
	KindMerge:     {name: "merge", changes: true, append: appendMerge, parse: parseMerge},
	KindOptOut:    {name: "opt_out", append: AppendOptOut, parse: parseOptOut},
	KindErase:     {name: "erase", changes: true, append: appendErase, parse: parseErase},
	KindReported:  {name: "reported", changes: true, waits: true, append: AppendReported, parse: parseReported},
	KindPublished: {name: "published", waits: true, append: appendPublished, parse: parsePublished},
}

// String is the name of the kind in the metrics.
func (k Kind) String() string { return table[k].name }

// Changes reports whether a record of this kind changes what an earlier one brought.
func (k Kind) Changes() bool { return table[k].changes }

// Waits reports whether a record of this kind that finds no room is put off, or is not missed.
func (k Kind) Waits() bool { return table[k].waits }

// Append appends a record of any kind.
func Append(dst []byte, r *Record) []byte { return table[r.Kind].append(dst, r) }
