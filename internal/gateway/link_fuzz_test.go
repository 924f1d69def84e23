package gateway

import (
	"testing"

	"readback/internal/numbering"
)

// FuzzLink plays a script of an ESME and an SMSC against a whole link, with the real ledger and
// every setting on that cuts, splits or converts: each request is answered once, whatever the
// SMSC says, the link ends when it is told to, and nothing panics.
func FuzzLink(f *testing.F) {
	ledger := newStoredLedger(f).Partition
	many := []byte{}
	for ref := range byte(33) {
		many = append(many, 0, ref, 2, 1+ref/32, 0) // 32 first parts, and the last part of another message
	}
	for settings := range uint16(4) {
		f.Add(many, settings<<6|uint16(numbering.SplitNoRoom))
		f.Add([]byte{2, 7, 2, 1, 3, 2, 5, 1, 9, 4, 3, 3, 1, 1, 2, 6, 1}, settings<<6|uint16(numbering.SplitNoRoom))
	}
	for settings := range uint16(2) { // late answers, and some with another command
		f.Add([]byte{2, 1, 1, 'a', 9, 10, 2, 7, 1, 'a', 9, 9, 25, 4, 3, 1, 9, 10, 9, 1, 1, 1, 2, 9}, settings<<6|uint16(numbering.SplitNoRoom))
	}
	f.Add([]byte{4, 3, 1, 2, 0, 4, 2, 5, 4, 9, 7, 1, 0xFF, 3}, uint16(numbering.SplitNoRoom)|1<<6)
	f.Add([]byte{8, 16, 0x40, 5, 0, 3, 42, 2, 1, 'a', 9, 4, 1, 2, 3, 4}, uint16(numbering.RejectNoRoom)|1<<7)
	f.Fuzz(func(t *testing.T, script []byte, settings uint16) {
		if len(script) > 400 {
			return
		}
		s := newScene(t, ledger, settings)
		s.play(script)
		s.end()
	})
}
