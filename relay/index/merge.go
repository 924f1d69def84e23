package index

import (
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// noteReceipt adds the receipt of part seq to m. It returns the receipt of the whole message
// when the receipts of all parts have come, and nil otherwise: see [receipt.Merge.Note].
func noteReceipt(m *receipt.Merge, seq uint8, r *message.PartReceipt) *message.Merged {
	whole := m.Note(seq, receipt.Part{
		State: receipt.State(r.State), ID: r.ID, Err: r.Err, Network: r.Network, Text: r.Text,
	})
	if whole == nil {
		return nil
	}
	return &message.Merged{
		PartReceipt: message.PartReceipt{
			State: byte(whole.State), ID: whole.ID, Err: whole.Err, Network: whole.Network, Text: whole.Text,
		},
		Wanted: m.IsWanted(whole.State),
	}
}

// splitKey is 'c' · day(2 octets) · name of the message, or key of the first part: days expire as ranges.
func splitKey(dst []byte, day uint16, first []byte) []byte {
	return append(dayPrefix(dst, prefixSplit, day), first...)
}

// appendSplitState appends the value of a split message in the index: what its receipts say so
// far. ID and Text of the worst receipt are left out, since only those of the first part are
// used.
func appendSplitState(dst []byte, m *receipt.Merge) []byte {
	dst = append(dst, m.Wanted, m.Closing)
	dst = journal.AppendString(dst, m.States)
	dst = append(dst, byte(m.Worst.State))
	for _, s := range []string{m.Worst.Err, m.Worst.Network, m.ID, m.Text} {
		dst = journal.AppendString(dst, s)
	}
	return dst
}

func parseSplitState(value []byte) (receipt.Merge, error) {
	d := journal.Decoder{B: value}
	m := receipt.Merge{Wanted: d.Byte("registered_delivery"), Closing: d.Byte("closing part")}
	m.States = d.String("states", journal.MaxMessageID)
	m.Worst.State = receipt.State(d.Byte("message_state"))
	m.Worst.Err, m.Worst.Network = string(d.String("err", message.MaxNote)), string(d.String("network_error_code", message.MaxNote))
	m.ID, m.Text = string(d.String("message_id", message.MaxNote)), string(d.String("text", message.MaxNote))
	return m, d.Err
}

// applySplit applies the record of a part, or of a message without a number. The record of the first part
// creates the message.
func applySplit(a *Applier, rec *journal.Record) error {
	if rec.Place.Day < a.Expired {
		return nil
	}
	if o, ok := journal.ParseName(rec); ok {
		if err := a.own(&o, []byte(o.Account), rec.Split.Key); err != nil || o.Kind != journal.OwnerSplit || rec.PartSeq > 1 {
			return err
		}
		return putSplit(a, rec, &receipt.Merge{Wanted: rec.Split.Wanted, States: make([]byte, rec.Part.Total)})
	}
	a.Index.days.note(prefixPart, rec.Place.Day)
	a.key = partKey(a.key[:0], rec.Place.Day, &rec.Place.Conv.Receiver, rec.Split.Key)
	a.val = appendPart(a.val[:0], &journal.SplitPart{Seq: rec.PartSeq, First: string(rec.Split.First)})
	if err := a.b.Set(a.key, a.val, nil); err != nil || rec.PartSeq > 1 {
		return err
	}
	return putSplit(a, rec, &receipt.Merge{Wanted: rec.Split.Wanted, States: make([]byte, rec.Part.Total)})
}

func putSplit(a *Applier, rec *journal.Record, m *receipt.Merge) error {
	a.key = splitKey(a.key[:0], rec.Place.Day, rec.Split.First)
	a.val = appendSplitState(a.val[:0], m)
	return a.b.Set(a.key, a.val, nil)
}

// applyMerge applies the receipt of a part. Its outcome is the receipt of the whole message.
func applyMerge(a *Applier, rec *journal.Record) error {
	m, err := partReceipt(a, rec)
	a.came(Noted, m)
	return err
}

func partReceipt(a *Applier, rec *journal.Record) (*message.Merged, error) {
	a.key = splitKey(a.key[:0], rec.Place.Day, rec.Split.First)
	value, err := copyOf(a.b.Get(a.key))
	if err != nil {
		return nil, err
	}
	if value == nil { // it is lost: better the ESME gets the receipt of a part than none
		return &message.Merged{PartReceipt: rec.Notes, Wanted: true}, nil
	}
	m, err := parseSplitState(value)
	if err != nil {
		return nil, err
	}
	whole := noteReceipt(&m, rec.PartSeq, &rec.Notes)
	return whole, putSplit(a, rec, &m)
}
