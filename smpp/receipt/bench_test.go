package receipt

import (
	"testing"

	"readback/internal/golden"
	"readback/smpp"
)

// Reading a receipt takes no memory: it is on the path of every one.
func TestParseAllocs(t *testing.T) {
	for name, f := range map[string]smpp.Frame{
		"text and TLVs": golden.Bytes(t, "deliver_receipt.txt", "in"),
		"text":          deliver(0x04, 0, appendixB, ""),
		"message":       golden.Bytes(t, "deliver_mo.txt", "in"),
	} {
		m := parsed(t, f)
		if n := testing.AllocsPerRun(100, func() { _, _ = Parse(m) }); n > 0 {
			t.Errorf("%s: got %v allocations, want none", name, n)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for name, f := range map[string]smpp.Frame{
		"tlvs": golden.Bytes(b, "deliver_receipt.txt", "in"),
		"text": deliver(0x04, 0, appendixB, ""),
		"ucs2": data(0x04, 8, tlv(smpp.TagMessagePayload, ucs2(appendixB))),
	} {
		m := parsed(b, f)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Parse(m)
			}
		})
	}
}
