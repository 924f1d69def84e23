package ledger

import (
	"slices"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// Find returns where the message of the account stands that a receipt with this message_id and these
// addresses is about, and which part of it that is; nil when there is none. See ownerOf. A message of an
// earlier release is found by its conversation alone.
func (rs *receipts) Find(account string, c *message.Conversation, id []byte) (p *journal.Place, seq uint8, err error) {
	is, byID, err := rs.ownerOf(account, c, bounded(receipt.Key(rs.ids.OfReceipt(id))))
	if err != nil {
		return nil, 0, err
	}
	if is == nil || byID {
		if p, seq, err = rs.findEntry(c, id); p != nil || err != nil {
			return p, seq, err
		}
	}
	if is == nil || is.Kind == journal.OwnerUnnumbered {
		return nil, 0, nil
	}
	return &is.Place, is.Seq, nil
}

// findEntry returns the newest message of a conversation that has an id.
func (rs *receipts) findEntry(c *message.Conversation, id []byte) (p *journal.Place, seq uint8, err error) {
	part := -1
	err = newestEntry(rs.index, c, func(e *index.Entry) bool {
		part = slices.IndexFunc(e.Parts, func(p index.EntryPart) bool { return rs.ids.Same(id, p.ID) })
		return part >= 0
	}, func(f *index.Found) { p, seq = &f.Place, f.Entry.Parts[part].Seq })
	return p, seq, err
}

// newestEntry calls found with the newest entry of a conversation that fits, if there is one.
func newestEntry(ix *index.Index, c *message.Conversation, fits func(*index.Entry) bool, found func(*index.Found)) error {
	var newest uint64
	return ix.EachEntry(c, func(f index.Found) bool {
		if fits(&f.Entry) && f.Entry.Ordinal >= newest {
			newest = f.Entry.Ordinal
			found(&f)
		}
		return true
	})
}
