package recent

import (
	"testing"

	"readback/relay/message"
	"readback/smpp/receipt"
)

func BenchmarkNote(b *testing.B) {
	m, form := NewMessages(receipt.IDs{}), message.Form{Changed: true}
	sender, _ := message.NormalAddr("10690001")
	id := []byte("4A7F0100")
	for n := range b.N {
		id[0] = byte(n)
		m.Note("bank", id, &sender, &form)
	}
}
