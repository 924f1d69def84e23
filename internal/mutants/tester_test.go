package main

import (
	"strings"
	"testing"
	"time"
)

func TestLimit(t *testing.T) {
	if got, want := (options{}).limit(time.Minute), 190*time.Second; got != want {
		t.Errorf("without a time-out: got %v, want %v", got, want)
	}
	if got, want := (options{timeout: time.Second}).limit(time.Minute), time.Second; got != want {
		t.Errorf("with a time-out: got %v, want %v", got, want)
	}
}

// What a test prints last says why it fails.
func TestTail(t *testing.T) {
	var got tail
	line := []byte(strings.Repeat("x", 999) + "\n")
	for range 5 * tailLen / len(line) {
		if n, err := got.Write(line); n != len(line) || err != nil {
			t.Fatalf("got %d, %v; want %d octets written", n, err, len(line))
		}
		if len(got.b) > 2*tailLen {
			t.Fatalf("got %d octets kept, want no more than %d", len(got.b), 2*tailLen)
		}
	}
	_, _ = got.Write([]byte("the end"))
	if len(got.b) < tailLen || !strings.HasSuffix(string(got.b), "x\nthe end") {
		t.Errorf("got %d octets kept, want at least %d, and the end", len(got.b), tailLen)
	}
}
