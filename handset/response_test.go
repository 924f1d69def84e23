package handset

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"readback/udh"
)

var readTime = time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)

func TestResponse(t *testing.T) {
	tests := []struct {
		name   string
		part   Part
		status Status
		want   string
	}{
		{
			"read, with proof", element("\x08\x80\x06\x00\x11\x9f\x3a\x01\xc2Hi"), Read,
			`{"receiver":"447700900101","sender":"10690001","number":17,"status":1,"read_at":"2026-11-23T08:30:00Z","proof":"9f3a01c2"}`,
		},
		{
			"deleted, number zero",
			Part{[]byte("Hi#000"), false, udh.ASCII},
			DeletedUnread,
			`{"receiver":"447700900101","sender":"10690001","number":0,"status":2,"read_at":"2026-11-23T08:30:00Z"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, ok := Finder{}.Find(tt.part).Response("447700900101", "10690001", tt.status, readTime.In(time.FixedZone("", 3600)))
			got, err := json.Marshal(r)
			if !ok || err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v, %v, want %s", got, ok, err, tt.want)
			}
		})
	}
	if _, ok := (Finder{}).Find(element("\x05\x00\x03\x07\x02\x01Hi")).Response("447700900101", "10690001", Read, readTime); ok {
		t.Error("a message without number got a response")
	}
}

func TestAppendUserData(t *testing.T) {
	tests := []struct {
		name string
		r    Response
		iei  byte
		want string // hex
	}{
		{"read", Response{Number: 257, Status: Read}, 0, "05 81 03 01 01 01"},
		{"deleted", Response{Number: 1, Status: DeletedUnread}, 0, "05 81 03 00 01 02"},
		{"with proof", Response{Number: 17, Status: Read, Proof: "9f3a01c2"}, 0, "09 81 07 00 11 01 9f 3a 01 c2"},
		{"another identifier", Response{Number: 17, Status: Read}, 0x91, "05 91 03 00 11 01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.r.AppendUserData(nil, tt.iei)
			if want := strings.ReplaceAll(tt.want, " ", ""); err != nil || hex.EncodeToString(got) != want {
				t.Errorf("got %x, %v, want %s", got, err, want)
			}
			iei := max(tt.iei, DefaultAnswerIEI)
			n, status, proof, ok := udh.ReadResponse(got, iei) // as a gateway reads it
			if !ok || n != tt.r.Number || status != byte(tt.r.Status) || hex.EncodeToString(proof) != tt.r.Proof {
				t.Errorf("a gateway reads %d, %d, %x, %v, want %+v", n, status, proof, ok, tt.r)
			}
		})
	}
	for _, proof := range []string{"9f3a01", "not hex!"} {
		if got, err := (Response{Proof: proof}).AppendUserData(nil, 0); !errors.Is(err, ErrResponse) || got != nil {
			t.Errorf("proof %q: got %x, %v, want %v", proof, got, err, ErrResponse)
		}
	}
}
