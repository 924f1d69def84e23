package bench

import (
	"os"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const behind = " S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15"
	for name, line := range map[string]string{"plain": "7 (readback)", "odd name": "7 (a) b) 1 2)"} {
		if got, err := parseStat([]byte(line + behind)); err != nil || got != 3*time.Second {
			t.Errorf("%s: got %v, %v; want 3 s", name, got, err)
		}
	}
	for _, line := range []string{"", "7 (readback) S 1 2", "7 (readback) S 1 2 3 4 5 6 7 8 9 10 x y 0"} {
		if got, err := parseStat([]byte(line)); err == nil {
			t.Errorf("%q: got %v, want an error", line, got)
		}
	}
}

func TestParseStatm(t *testing.T) {
	if got, err := parseStatm([]byte("1000 25 3 4 0 6 0\n")); err != nil || got != 25*int64(os.Getpagesize()) {
		t.Errorf("got %d, %v; want 25 pages", got, err)
	}
	for _, line := range []string{"", "1000", "1000 x"} {
		if got, err := parseStatm([]byte(line)); err == nil {
			t.Errorf("%q: got %v, want an error", line, got)
		}
	}
}
