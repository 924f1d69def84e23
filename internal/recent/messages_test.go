package recent

import (
	"bytes"
	"testing"

	"readback/relay/message"
	"readback/smpp/receipt"
)

func TestMessages(t *testing.T) {
	sender, _ := message.NormalAddr("+447700900001")
	m := NewMessages(receipt.IDs{})
	m.Note("bank", []byte("0AB1"), &sender, &message.Form{Changed: true, Number: 7})
	m.Note("bank", []byte("0AB2"), &sender, &message.Form{})
	m.NoteParts("bank", [][]byte{[]byte("C1"), []byte("C2")}, &sender)
	m.NoteParts("bank", [][]byte{[]byte("D1"), nil}, &sender)
	for _, tt := range []struct {
		account, id, sender string
		known               bool
		parts               int
	}{
		{"bank", "0AB1", "+447700900001", true, 0},
		{"bank", "ab1", "447700900001", true, 0},
		{"bank", "ab1", "447700900002", false, 0},
		{"shop", "ab1", "447700900001", false, 0},
		{"bank", "0AB2", "447700900001", true, 0},
		{"bank", "", "447700900001", false, 0},
		{"bank", "0AB1", "an address that is far too long", false, 0},
		{"bank", "c1", "447700900001", true, 2},
		{"bank", "c2", "447700900001", true, 0},
		{"bank", "d1", "447700900001", true, 0},
	} {
		_, isSplit, ok := m.Form(tt.account, []byte(tt.id), []byte(tt.sender))
		if parts := m.PartIDs(tt.account, []byte(tt.id), []byte(tt.sender)); ok != tt.known || len(parts) != tt.parts {
			t.Errorf("%s, %s of %s: known %t, %d parts; want %t, %d", tt.account, tt.id, tt.sender, ok, len(parts), tt.known, tt.parts)
		}
		if want := tt.known && tt.id[0] >= 'c'; isSplit != want {
			t.Errorf("%s: is of a split message: got %t, want %t", tt.id, isSplit, want)
		}
	}
	for _, later := range []func(){
		func() { m.Forget("bank", []byte("c1")) },
		func() { m.Note("bank", []byte("C1"), &sender, &message.Form{}) },
		func() { m.Note("bank", []byte("C1"), &sender, &message.Form{Changed: true}) },
	} {
		m.NoteParts("bank", [][]byte{[]byte("C1"), []byte("C2")}, &sender)
		if later(); m.PartIDs("bank", []byte("C1"), sender.Bytes()) != nil {
			t.Error("a later message has the id: want the parts forgotten")
		}
	}
	id, form := []byte("F1"), message.Form{Changed: true}
	if n := testing.AllocsPerRun(100, func() { m.Note("bank", id, &sender, &form) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestLongHeader(t *testing.T) {
	for n, want := range map[int]bool{0: true, message.MaxFormHeader: true, message.MaxFormHeader + 1: false, 300: false} {
		var f message.Form
		h := bytes.Repeat([]byte{1}, n)
		f.SetHeader(h)
		if got, ok := f.HeaderOctets(); ok != want || ok && !bytes.Equal(got, h) {
			t.Errorf("%d octets: got % x, %t, want %t", n, got, ok, want)
		}
	}
}
