package journal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"readback/relay/journal"
)

// Any octet of a batch that is not as it was written is noticed, wherever it is, and so is an end that
// is cut off.
func TestChecksum(t *testing.T) {
	batch := sealed(sampleBatch(t))
	if n, err := readAll(batch); n != len(sampleRecords(t)) || err != nil {
		t.Fatalf("as it was written: got %d records, %v", n, err)
	}
	for i := range batch {
		for flip := 1; flip < 256; flip++ {
			other := bytes.Clone(batch)
			other[i] ^= byte(flip)
			if _, err := readAll(other); !isDamaged(err) {
				t.Fatalf("octet %d changed by %02x: got %v, want that it is damaged", i, flip, err)
			}
		}
		if _, err := readAll(batch[:i]); !isDamaged(err) {
			t.Errorf("cut at %d: got %v, want that it is damaged", i, err)
		}
	}
	if _, err := readAll(append(bytes.Clone(batch), 0)); !isDamaged(err) {
		t.Errorf("an octet more: got %v, want that it is damaged", err)
	}
	if got := journal.Unseal(batch); !bytes.Equal(got, sampleBatch(t)) {
		t.Errorf("unsealed: got %x, want what was sealed", got)
	}
}

// isDamaged reports whether an error says that a batch is damaged, and not that a newer release wrote it.
func isDamaged(err error) bool {
	var bad *journal.RecordError
	var newer *journal.FormatError
	return errors.As(err, &bad) && !errors.As(err, &newer)
}

// A batch of a newer version is refused with a sentence that names both versions, if its checksum is
// right. Otherwise it is damaged.
func TestNewerVersion(t *testing.T) {
	for _, version := range []byte{journal.BatchVersion + 1, 200} {
		batch := append([]byte{version}, "what is not known here"...)
		_, err := journal.ParseBatch(sealed(batch))
		var newer *journal.FormatError
		if !errors.As(err, &newer) || !strings.Contains(err.Error(), "versions 1 to 3") || !strings.Contains(err.Error(), "of version ") {
			t.Errorf("version %d: got %v, want an error that names both versions", version, err)
		}
		damaged := sealed(batch)
		damaged[5] ^= 1
		if _, err := journal.ParseBatch(damaged); !isDamaged(err) {
			t.Errorf("version %d, damaged: got %v", version, err)
		}
	}
}
