package smpp

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// Every status that go-smpp knows has a name, and no other, and each name is that of one status.
func TestMnemonics(t *testing.T) {
	for s := range pdu.Status(0x200) {
		name := Mnemonic(s)
		if (name != "") != KnownStatus(s) {
			t.Errorf("%#x has the name %q, and the text %q", uint32(s), name, s.Error())
		}
		if back, ok := ParseMnemonic(name); name != "" && (!ok || back != s) {
			t.Errorf("%s is %#x, %t, want %#x", name, uint32(back), ok, uint32(s))
		}
	}
	if _, ok := ParseMnemonic(""); ok || len(Mnemonics()) != len(statusNames) {
		t.Errorf("no name is one, or %d names are not %d", len(Mnemonics()), len(statusNames))
	}
}
