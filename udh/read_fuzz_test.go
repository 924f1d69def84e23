package udh_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"readback/handset"
	"readback/internal/golden"
	"readback/smpp"
	"readback/udh"
)

// addGolden adds the user data of the golden messages to the seeds.
func addGolden(f *testing.F, add func(ud []byte)) {
	f.Helper()
	n := 0
	for _, g := range golden.All(f) {
		m, err := smpp.ParseMessage(g.Want())
		if err != nil {
			continue
		}
		add(m.UserData())
		n++
	}
	if n == 0 {
		f.Fatal("no golden PDU has user data")
	}
}

// FuzzReadResponse holds that what is read as a response is one: a handset that says the
// same is read the same, no other element is taken for it, and a part of a message is none.
func FuzzReadResponse(f *testing.F) {
	addGolden(f, func(ud []byte) { f.Add(ud, byte(handset.DefaultAnswerIEI)) })
	f.Add([]byte("\x09\x81\x07\x00\x11\x01\x9F\x3A\x01\xC2"), byte(0x81))
	f.Add([]byte("\x0A\x00\x03\x64\x02\x01\x81\x03\x00\x11\x01"), byte(0x81))
	f.Fuzz(func(t *testing.T, ud []byte, iei byte) {
		before := bytes.Clone(ud)
		n, status, proof, ok := udh.ReadResponse(ud, iei)
		if !bytes.Equal(ud, before) {
			t.Fatalf("the user data became %x", ud)
		}
		if !ok {
			if n != 0 || status != 0 || proof != nil {
				t.Fatalf("got %d %d %x of what is no response", n, status, proof)
			}
			return
		}
		h, err := udh.ParseHeader(ud)
		if err != nil {
			t.Fatalf("read in a malformed header: %v", err)
		}
		e, _ := h.Find(iei)
		if want := slices.Concat([]byte{byte(n >> 8), byte(n), status}, proof); !bytes.Equal(e.Data, want) || len(proof) != 0 && len(proof) != udh.ProofLen {
			t.Fatalf("got %d %d %x of element %x", n, status, proof, e.Data)
		}
		if number, ok := udh.Number(ud, iei); ok {
			t.Fatalf("a response is taken for number %d", number)
		}
		if p, ok := h.Concat(); ok {
			t.Fatalf("read in a part of a message: %+v", p)
		}
		if iei == 0 {
			return // the handset's default
		}
		again, err := handset.Response{Number: n, Status: handset.Status(status), Proof: hex.EncodeToString(proof)}.AppendUserData(nil, iei)
		if err != nil {
			t.Fatalf("a handset cannot say %d %d %x: %v", n, status, proof, err)
		}
		wantResponse(t, again, iei, n, status, proof)
	})
}

// wantResponse checks what ReadResponse reads.
func wantResponse(t *testing.T, ud []byte, iei byte, n uint16, status byte, proof []byte) {
	t.Helper()
	gotN, gotStatus, gotProof, ok := udh.ReadResponse(ud, iei)
	if !ok || gotN != n || gotStatus != status || !bytes.Equal(gotProof, proof) {
		t.Fatalf("%x: got %d %d %x %v, want %d %d %x", ud, gotN, gotStatus, gotProof, ok, n, status, proof)
	}
}

// FuzzHandsetResponse holds that what a handset appends is read, with any text behind it
// and any other element before it; in a part of a message it is not.
func FuzzHandsetResponse(f *testing.F) {
	f.Add(uint16(17), byte(1), []byte(nil), byte(0x81), byte(0x90), []byte("own"), []byte("text"))
	f.Add(uint16(257), byte(2), []byte("\x9F\x3A\x01\xC2"), byte(0x91), byte(0x24), []byte{1}, []byte(nil))
	f.Add(uint16(1), byte(1), []byte(nil), byte(0x81), byte(0x00), []byte{0x64, 2, 1}, []byte("Hi"))
	f.Fuzz(func(t *testing.T, n uint16, status byte, proof []byte, iei, otherID byte, other, text []byte) {
		r := handset.Response{Number: n, Status: handset.Status(status), Proof: hex.EncodeToString(proof)}
		ud, err := r.AppendUserData([]byte("dst"), iei)
		if len(proof) != 0 && len(proof) != udh.ProofLen {
			if err == nil || string(ud) != "dst" {
				t.Fatalf("a proof of %d octets: got %x, %v", len(proof), ud, err)
			}
			return
		}
		if err != nil || !bytes.HasPrefix(ud, []byte("dst")) {
			t.Fatalf("got %x, %v", ud, err)
		}
		if iei == 0 {
			iei = handset.DefaultAnswerIEI
		}
		ud = append(ud[3:], text...)
		wantResponse(t, ud, iei, n, status, proof)
		if otherID == iei || len(other) > 200 {
			return
		}
		udhl := ud[0]
		ud = slices.Concat([]byte{udhl + byte(2+len(other)), otherID, byte(len(other))}, other, ud[1:])
		h, err := udh.ParseHeader(ud)
		if err != nil {
			t.Fatal(err)
		}
		if _, part := h.Concat(); part {
			if _, _, _, ok := udh.ReadResponse(ud, iei); ok {
				t.Fatalf("%x: read in a part of a message", ud)
			}
			return
		}
		wantResponse(t, ud, iei, n, status, proof)
	})
}

// FuzzRemove holds that the element that is taken out is the last of its kind, and that
// all else stays.
func FuzzRemove(f *testing.F) {
	addGolden(f, func(ud []byte) { f.Add(ud, byte(0x80)) })
	f.Add([]byte("\x08\x80\x02\x00\x01\x80\x02\x00\x02text"), byte(0x80))
	f.Fuzz(func(t *testing.T, ud []byte, iei byte) {
		n, numbered := udh.Number(ud, iei)
		out, has, ok := udh.Remove([]byte("dst"), ud, iei)
		h, err := udh.ParseHeader(ud)
		var want []byte // the elements that stay
		last := -1
		at := 0
		for e := range h.Elements() {
			if e.ID == iei {
				last = at
			}
			at++
		}
		at = 0
		var gone []byte
		for e := range h.Elements() {
			if at == last {
				gone = e.Data
			} else {
				want = append(append(want, e.ID, byte(len(e.Data))), e.Data...)
			}
			at++
		}
		if ok != (err == nil && last >= 0) || has != (ok && len(want) > 0) {
			t.Fatalf("%x: got header %v, %v; want %v, %v", ud, has, ok, len(want) > 0, last >= 0)
		}
		if ours := ok && (len(gone) == 2 || len(gone) == 6); numbered != ours || ours && n != uint16(gone[0])<<8|uint16(gone[1]) {
			t.Fatalf("%x: got number %d %v of element %x", ud, n, numbered, gone)
		}
		if has {
			want = append([]byte{byte(len(want))}, want...)
		}
		if ok {
			want = append(want, ud[h.Len():]...)
		} else {
			want = nil
		}
		if !bytes.Equal(out, append([]byte("dst"), want...)) {
			t.Fatalf("%x: got %x, want %x", ud, out[3:], want)
		}
	})
}
