// Package handset is what the receiver's messaging app needs: it finds the number
// in a message, makes the read response, and keeps it until the server took it.
//
//	found := handset.Finder{}.Find(handset.Part{UserData: ud, HasUDH: true, Coding: udh.GSM7})
//	// the app shows found.Text; when the person has read it:
//	if r, ok := found.Response(receiver, sender, handset.Read, time.Now()); ok {
//		err = queue.Put(r)
//	}
package handset

import (
	"encoding/hex"

	"readback/udh"
)

// Carriage is how a message carries its number.
type Carriage byte

// The carriages.
const (
	ByNone    Carriage = iota // there is no number
	ByElement                 // an element of the user data header
	ByMarker                  // a symbol and three digits at the end of the text
)

func (c Carriage) String() string {
	switch c {
	case ByElement:
		return "element"
	case ByMarker:
		return "marker"
	}
	return ""
}

// DefaultIEI is the identifier of the element that carries the number.
const DefaultIEI = 0x80

// Finder finds numbers. Its zero value fits a gateway with default settings.
type Finder struct {
	// IEI is the element's identifier; zero stands for DefaultIEI.
	IEI byte
	// Marker has the symbols of the marker; nil stands for udh.DefaultMarker.
	Marker *udh.Marker
}

// Part is the user data of a short message: a whole one, or a part of a concatenated one.
type Part struct {
	UserData []byte // header included
	HasUDH   bool   // whether it starts with a header (TP-UDHI, esm_class bit 40)
	// Coding of the text. udh.CodingOf returns it for a data_coding.
	Coding udh.Coding
}

// Found is what Find found in a message.
type Found struct {
	Number   uint16
	Carriage Carriage // ByNone: there is no number
	// Proof holds the octets behind the number in its element: four, or none. They prove to
	// the server that the reader has the message.
	Proof  []byte
	Text   string // the text to show, without the marker
	Marker string // the marker that was removed from the end of the text
}

// ProofHex returns the proof as a read response contains it.
func (f Found) ProofHex() string { return hex.EncodeToString(f.Proof) }

// Find looks for the number in a message: in its one part, or in all parts in their order.
// All parts that had room carry the same element, so the first element counts, and it counts
// before any marker. In a header that repeats the element, the last one counts. The marker is
// the one at the very end of the text, with the symbol of any alphabet, since the SMSC may
// have changed the alphabet. If there is another marker in front of it, that is the sender's
// own text.
//
// A sender can also write text that ends like a marker, or use the element, without a
// gateway. The server answers 404 to a read response with such a number.
func (f Finder) Find(parts ...Part) Found {
	iei, marker := f.IEI, f.Marker
	if iei == 0 {
		iei = DefaultIEI
	}
	if marker == nil {
		marker = &udh.DefaultMarker
	}
	all := make([]content, len(parts))
	for i, p := range parts {
		all[i] = p.split()
	}
	for _, c := range all {
		n, proof, ok := c.number(iei)
		if ok {
			return Found{Number: n, Carriage: ByElement, Proof: proof, Text: decode(all)}
		}
	}
	if len(all) == 0 || !all[len(all)-1].endsMessage() {
		return Found{Text: decode(all)}
	}
	last := &all[len(all)-1]
	n, text, ok := marker.FindAny(last.text, last.coding)
	if !ok {
		return Found{Text: decode(all)}
	}
	whole := last.text
	last.text = text
	return Found{
		Number: n, Carriage: ByMarker, Text: decode(all),
		Marker: udh.Decode(whole[len(last.text):], last.coding),
	}
}
