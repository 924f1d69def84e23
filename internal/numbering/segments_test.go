package numbering

import (
	"strings"
	"testing"

	"readback/relay/ledger"
	"readback/smpp"
)

// cutTests are messages without room, and the user data of the parts that they are cut into.
var cutTests = []struct {
	name string
	f    smpp.Frame
	p    Policy
	form func(*Form)
	want []string // user data; nil: not cut
}{
	{
		"155 septets", shortMessage(0, 0, strings.Repeat("a", 155), nil),
		Policy{},
		nil,
		[]string{"\x09\x00\x03\x05\x02\x01\x80\x02\x00\x07" + strings.Repeat("a", 148), "\x09\x00\x03\x05\x02\x02\x80\x02\x00\x07" + strings.Repeat("a", 7)},
	},
	{
		"reference of 16 bits", shortMessage(0, 0, strings.Repeat("a", 155), nil),
		Policy{},
		func(f *Form) { f.WideRef = true },
		[]string{"\x0A\x08\x04\x00\x05\x02\x01\x80\x02\x00\x07" + strings.Repeat("a", 147), "\x0A\x08\x04\x00\x05\x02\x02\x80\x02\x00\x07" + strings.Repeat("a", 8)},
	},
	{
		"escape pair at the end of a part", shortMessage(0, 0, strings.Repeat("a", 147)+"\x1B\x65bcdefgh", nil),
		Policy{},
		nil,
		[]string{"\x09\x00\x03\x05\x02\x01\x80\x02\x00\x07" + strings.Repeat("a", 147), "\x09\x00\x03\x05\x02\x02\x80\x02\x00\x07\x1B\x65bcdefgh"},
	},
	{
		"surrogate pair at the end of a part", shortMessage(8, 0, strings.Repeat("\x00a", 64)+"\xD8\x3D\xDE\x00"+strings.Repeat("\x00b", 3), nil),
		Policy{},
		nil,
		[]string{"\x09\x00\x03\x05\x02\x01\x80\x02\x00\x07" + strings.Repeat("\x00a", 64), "\x09\x00\x03\x05\x02\x02\x80\x02\x00\x07\xD8\x3D\xDE\x00" + strings.Repeat("\x00b", 3)},
	},
	{
		"national language in each part", shortMessage(0, 0x40, "\x03\x24\x01\x01"+strings.Repeat("a", 155), nil),
		Policy{},
		nil,
		[]string{"\x0C\x00\x03\x05\x02\x01\x24\x01\x01\x80\x02\x00\x07" + strings.Repeat("a", 145), "\x0C\x00\x03\x05\x02\x02\x24\x01\x01\x80\x02\x00\x07" + strings.Repeat("a", 10)},
	},
	{
		"marker behind the last part", shortMessage(3, 0, strings.Repeat("a", 138), nil),
		Policy{Carriage: ByMarker},
		nil,
		[]string{"\x05\x00\x03\x05\x02\x01" + strings.Repeat("a", 134), "\x05\x00\x03\x05\x02\x02aaaa\xA7007"},
	},
	{
		"no room behind the last part", shortMessage(3, 0, "", payloadTLV(strings.Repeat("a", 2*134-1))),
		Policy{Carriage: ByMarker},
		nil,
		[]string{"\x05\x00\x03\x05\x03\x01" + strings.Repeat("a", 134), "\x05\x00\x03\x05\x03\x02" + strings.Repeat("a", 133), "\x05\x00\x03\x05\x03\x03\xA7007"},
	},
	{
		"auto", shortMessage(0, 0, strings.Repeat("a", 158), nil),
		Policy{Carriage: Auto},
		nil,
		[]string{"\x09\x00\x03\x05\x02\x01\x80\x02\x00\x07" + strings.Repeat("a", 148), "\x09\x00\x03\x05\x02\x02\x80\x02\x00\x07" + strings.Repeat("a", 10)},
	},
	{
		"Cyrillic", shortMessage(6, 0, strings.Repeat("\xD0", 136), nil),
		Policy{},
		nil,
		[]string{"\x09\x00\x03\x05\x02\x01\x80\x02\x00\x07" + strings.Repeat("\xD0", 130), "\x09\x00\x03\x05\x02\x02\x80\x02\x00\x07" + strings.Repeat("\xD0", 6)},
	},
	{"Cyrillic has no marker", shortMessage(6, 0, strings.Repeat("\xD0", 140), nil), Policy{Carriage: ByMarker}, nil, nil},
	{"KS C 5601 is not cut", shortMessage(0x0E, 0, strings.Repeat("\xB0\xA1", 70), nil), Policy{}, nil, nil},
	{"a part is not cut", shortMessage(0, 0x40, "\x05\x00\x03\x2A\x02\x01"+strings.Repeat("a", 153), nil), Policy{}, nil, nil},
	{"a sar_* part is not cut", shortMessage(0, 0, strings.Repeat("a", 153), sarParameters(9, 3, 2)), Policy{}, nil, nil},
	{"formatted text is not cut", shortMessage(0, 0x40, "\x05\x0A\x03\x00\x05\x01"+strings.Repeat("a", 153), nil), Policy{}, nil, nil},
	{"255 parts", shortMessage(0, 0, "", payloadTLV(strings.Repeat("a", 255*148))), Policy{}, nil, anything(255)},
	{"256 parts", shortMessage(0, 0, "", payloadTLV(strings.Repeat("a", 255*148+1))), Policy{}, nil, nil},
}

// TestCut shows the user data of the parts.
func TestCut(t *testing.T) {
	for _, tt := range cutTests {
		t.Run(tt.name, func(t *testing.T) {
			l := giving(7)
			l.assign = func(s *ledger.Sent) error {
				if int(s.Split) != len(tt.want) {
					t.Errorf("the ledger hears of %d parts, want %d", s.Split, len(tt.want))
				}
				s.Number, s.Part.Ref = 7, 5
				return nil
			}
			i := interceptorOf(l)
			if tt.form != nil {
				tt.form(&i.Form)
			}
			tt.p.When = All
			s, skip := i.Split(&Scratch{}, "bank", tt.p, tt.f)
			if s == nil {
				if skip == Numbered || tt.want != nil {
					t.Fatalf("got %s and no parts, want %d", skip, len(tt.want))
				}
				return
			}
			if skip != Numbered || s.Sent == nil || len(s.Frames) != len(tt.want) {
				t.Fatalf("got %s, %d parts, want %d", skip, len(s.Frames), len(tt.want))
			}
			for n, f := range s.Frames {
				m, err := smpp.ParseMessage(f)
				if err != nil {
					t.Fatal(err)
				}
				if got := string(m.UserData()); tt.want[n] != "" && got != tt.want[n] || !m.HasUDH() {
					t.Errorf("part %d: got\n% x, want\n% x", n+1, got, tt.want[n])
				}
			}
		})
	}
}

// A part with room that must keep its form goes on as it came, and is never cut: the ledger
// has no place to note it.
func TestCutWithRoom(t *testing.T) {
	l := giving(7)
	l.assign = func(*ledger.Sent) error { t.Error("a number was taken"); return nil }
	for name, f := range map[string]smpp.Frame{
		"sar_* part":  shortMessage(0, 0, "Hello", sarParameters(33, 2, 2)),
		"UDH part":    shortMessage(0, 0x40, "\x05\x00\x03\x2A\x02\x01Hello", nil),
		"own message": shortMessage(0, 0, "Hello", nil),
	} {
		for c := range Auto + 1 {
			s, skip := interceptorOf(l).Split(&Scratch{}, "bank", Policy{When: All, Carriage: c}, f)
			if s != nil || skip != NoRoom {
				t.Errorf("%s: got %+v, %s; want no_room", name, s, skip)
			}
		}
	}
}
