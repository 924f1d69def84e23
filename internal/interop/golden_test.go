//go:build e2e

package interop

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/gateway"
	"readback/internal/golden"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/smpp"
)

// goldenPolicies are the policies that golden PDUs name.
var goldenPolicies = gateway.Policies{
	Default: gateway.Account{Policy: numbering.Policy{When: numbering.All}},
	Accounts: map[string]gateway.Account{
		"all text":      {Policy: numbering.Policy{When: numbering.All, Carriage: numbering.ByMarker}},
		"all auto":      {Policy: numbering.Policy{When: numbering.All, Carriage: numbering.Auto}},
		"requested udh": {Policy: numbering.Policy{When: numbering.Requested}},
		"requested any": {Policy: numbering.Policy{When: numbering.Requested}},
	},
}

// TestGolden sends each golden PDU of an ESME, bound to an account of its policy.
func TestGolden(t *testing.T) {
	byAccount := map[string][]golden.PDU{}
	var order []string
	withoutReceipts := func() simulator.Options { return simulator.Options{NoReceipts: true} }
	s := scenario{policies: goldenPolicies, smsc: withoutReceipts}
	for _, p := range golden.All(t) {
		id := smpp.Frame(p.In).ID()
		if p.From != "esme" || smpp.IsBind(id) || smpp.IsResponse(id) {
			continue
		}
		name := p.When + " " + p.Carriage
		if byAccount[name] == nil {
			order = append(order, name)
		}
		byAccount[name] = append(byAccount[name], p)
		if p.Out != nil {
			s.numbered++
		}
	}
	if s.numbered == 0 {
		t.Fatal("no golden PDU is numbered")
	}
	s.play = func(w *world) []string {
		var saw []string
		for _, name := range order {
			e := w.bindRaw(simulator.Bind{SystemID: name, Password: password})
			for i, p := range byAccount[name] {
				f := append(smpp.Frame(nil), p.In...)
				f.SetSeq(uint32(i) + 2)
				e.call(f)
			}
			saw = append(saw, e.leave()...)
		}
		return saw
	}
	s.run(t)
}

// TestGoldenFromSMSC sends each golden PDU of an SMSC.
func TestGoldenFromSMSC(t *testing.T) {
	s := scenario{}
	s.play = func(w *world) []string {
		e := w.bindRaw(simulator.Bind{})
		for _, p := range golden.All(t) {
			if f := smpp.Frame(p.In); p.From == "smsc" && f.ID() == pdu.DeliverSMID {
				f = append(smpp.Frame(nil), f...)
				f.SetSeq(0)
				w.deliver(f, smpp.StatusOK)
			}
		}
		return e.leave()
	}
	s.run(t)
}
