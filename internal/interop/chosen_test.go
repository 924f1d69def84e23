//go:build e2e

package interop

import (
	"bytes"
	"slices"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/udh"
)

// blurChosen puts constants for what libraries choose anew in each run:
// sequence_number, the reference of concatenated parts, and the order of TLVs.
func blurChosen(f smpp.Frame) smpp.Frame {
	f.SetSeq(0)
	m, err := smpp.ParseMessage(f)
	if f.ID() != pdu.SubmitSMID || err != nil {
		return f
	}
	if h, err := udh.ParseHeader(m.UserData()); m.HasUDH() && err == nil {
		for e := range h.Elements() {
			switch {
			case e.ID == 0x00 && len(e.Data) == 3:
				e.Data[0] = 0 // a part of f, which is the scenario's own
			case e.ID == 0x08 && len(e.Data) == 4:
				e.Data[0], e.Data[1] = 0, 0
			}
		}
	}
	var all [][]byte
	tlvs := m.TLVs()
	for t, ok := tlvs.Next(); ok; t, ok = tlvs.Next() {
		all = append(all, smpp.AppendTLV(nil, t.Tag, t.Value))
	}
	slices.SortFunc(all, bytes.Compare)
	sorted := bytes.Join(all, nil)
	copy(f[len(f)-tlvs.Rest()-len(sorted):], sorted)
	return f
}
