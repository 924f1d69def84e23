package journal

import "fmt"

// FormatError says that the log contains something that this release cannot read, because a
// newer release wrote it.
type FormatError struct {
	At    RecordError // its position in the batch
	Found string      // the version, or the kind of record
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("log was written by a newer release, or is damaged: it has %s, and this release reads batches of versions 1 to %d with records of kinds 1 to %d; "+
		"run the newer release, or restore the store from a backup that this release or an older one wrote", e.Found, BatchVersion, Kinds-1)
}

func (e *FormatError) Unwrap() error { return &e.At }

// newer fails with a FormatError, unless there was a failure before.
func (d *Decoder) newer(field, found string) {
	if d.Err != nil {
		return
	}
	d.Err = &FormatError{At: RecordError{Field: field, Offset: d.Off, Reason: found + " is unknown"}, Found: found}
	d.Off = len(d.B)
}
