package ledger

import (
	"bytes"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/smpp/receipt"
)

// OwnersOf returns the newest message of each account that has an id, as the SMSC's response or its receipt writes the
// id. It knows the messages that the index has.
func (o *owners) OwnersOf(id []byte) (all []journal.IDOwner, err error) {
	defer crash.OnPanic()
	today, back := o.days()
	keys := [][]byte{receipt.Key(o.ids.OfResponse(id)), receipt.Key(o.ids.OfReceipt(id))}
	if bytes.Equal(keys[0], keys[1]) {
		keys = keys[:1]
	}
	for _, key := range keys {
		if len(key) == 0 || len(key) > journal.MaxMessageID {
			continue
		}
		some, err := o.index.OwnersOf(key, today, back)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
