package gateway

import (
	"testing"

	"readback/internal/golden"
	"readback/smpp"
)

func BenchmarkSubmit(b *testing.B) {
	f := smpp.Frame(golden.Bytes(b, "submit_gsm7.txt", "in"))
	i, scratch, p := newInterceptor(numbering(1)), &Scratch{}, Policy{When: All}
	b.ReportAllocs()
	for b.Loop() {
		i.Submit(scratch, "bank", p, f)
	}
}
