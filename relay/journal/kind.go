package journal

// Kind is the kind of a record. It is an octet of the log, so the values never change.
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
	KindSplit
	KindMerge
	KindOptOut
	KindErase
	KindReported
	KindPublished
	KindLate
	KindUnclaimed
	KindCycle
	KindSkip
	KindTold
	// Kinds is the number of kinds, including zero. A new kind also raises the version of the
	// index. An older release then reads the log from its beginning, finds the kind, and
	// refuses the store.
	Kinds
)

// table describes each kind. The index has a table of what to do with its records.
var table = [Kinds]struct {
	name    string // in the metrics
	changes bool   // it changes what an earlier record has brought
	waits   bool   // without room in the queue it is retried, or can be lost
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
	KindSplit:     {name: "cut", append: AppendSplit, parse: parseSplit},
	KindMerge:     {name: "merge", changes: true, append: appendMerge, parse: parseMerge},
	KindOptOut:    {name: "opt_out", append: AppendOptOut, parse: parseOptOut},
	KindErase:     {name: "erase", changes: true, append: appendErase, parse: parseErase},
	KindReported:  {name: "reported", changes: true, waits: true, append: AppendReported, parse: parseReported},
	KindPublished: {name: "published", waits: true, append: appendPublished, parse: parsePublished},
	KindLate:      {name: "late", changes: true, append: appendLate, parse: parseAccepted},
	KindUnclaimed: {name: "unclaimed", append: appendUnclaimed, parse: parseUnclaimed},
	KindCycle:     {name: "cycle", changes: true, append: appendCycle, parse: parseCycle},
	KindSkip:      {name: "skip", changes: true, append: appendSkip, parse: parseSkip},
	KindTold:      {name: "told", changes: true, waits: true, append: AppendTold, parse: parseTold},
}

// String is the name of the kind in the metrics.
func (k Kind) String() string { return table[k].name }

// Changes reports whether records of this kind change what an earlier record has brought.
func (k Kind) Changes() bool { return table[k].changes }

// Waits reports whether a record of this kind that finds no room in the queue is retried, or
// can be lost.
func (k Kind) Waits() bool { return table[k].waits }

// Append appends a record of any kind.
func Append(dst []byte, r *Record) []byte { return table[r.Kind].append(dst, r) }
