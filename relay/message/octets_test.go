package message

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestShown(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"bank", "bank"}, {"caf\xe9", "café"}, {"café", "café"}, {"\x00\xff", "\x00ÿ"}, {"é\xe9", "Ã©é"},
	} {
		if got := Shown(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// An address beyond ASCII is found in either charset, in capitals or not. The octets as they were said
// stand first.
func TestAddrForms(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"10690001", []string{"10690001"}},
		{"+447700900123", []string{"447700900123"}},
		{"MyBank", []string{"mybank"}},
		{"Müller", []string{"müller", "m\xfcller", "mÜller", "m\xdcller"}},
		{"M\xfcller", []string{"m\xfcller", "müller", "mÜller", "m\xdcller"}},
		{"MÜLLER", []string{"mÜller", "m\xdcller", "müller", "m\xfcller"}},
		{"Банк", []string{"Банк", "банк", "БАНК"}},
		{strings.Repeat("ü", 11), []string{strings.Repeat("\xfc", 11), strings.Repeat("\xdc", 11)}},
		{"\xff", []string{"\xff", "ÿ", "Ÿ"}},
	}
	for _, tt := range tests {
		forms, err := AddrForms(tt.in)
		var got []string
		for _, a := range forms {
			got = append(got, a.String())
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"", strings.Repeat("1", 21), strings.Repeat("ü", 21)} {
		if forms, err := AddrForms(in); err != ErrAddress {
			t.Errorf("%q: got %v, %v, want ErrAddress", in, forms, err)
		}
	}
}

// JSON shows octets that are not UTF-8 as Latin-1, and gives them back.
func TestOctetsInJSON(t *testing.T) {
	fb := Feedback{Account: "caf\xe9", Sender: "M\xfcller", Receiver: "447700900123", MessageIDs: []string{"A", "\x80B"}}
	ids := fb.MessageIDs
	text, err := json.Marshal(fb)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"account":"café"`, `"sender":"Müller"`, `"message_ids":["A","` + "\u0080" + `B"]`,
		`"octets":{"account":"Y2Fm6Q==","message_ids/1":"gEI=","sender":"TfxsbGVy"}}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("got %s, want %s in it", text, want)
		}
	}
	var back Feedback
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, fb) || ids[1] != "\x80B" {
		t.Errorf("got back %+v, %v, want %+v", back, err, fb)
	}
	ev, err := json.Marshal(Event{Account: "caf\xe9", MessageIDs: []string{}})
	if err != nil || !strings.Contains(string(ev), `"account":"café"`) || !strings.HasSuffix(string(ev), `"octets":{"account":"Y2Fm6Q=="}}`) {
		t.Errorf("event: got %s, %v", ev, err)
	}
	if plain, err := json.Marshal(Feedback{Account: "café"}); err != nil || strings.Contains(string(plain), "octets") {
		t.Errorf("UTF-8: got %s, %v, want no octets", plain, err)
	}
}
