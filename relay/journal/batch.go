// Package journal holds the records of the ledger, one file for each kind, and the log that
// they are appended to.
//
// A batch is one message of the log, and a record one event of the ledger:
//
//	batch     version(1 octet)=1 · epoch · instance(8 octets) · serial · record …
//	record    kind(1 octet) · body
//
// Each kind's file says what its body is, in these terms: an integer is an unsigned varint
// unless it says otherwise, a string is its length and its octets, a time is in milliseconds
// since 1970, and
//
//	conversation  sender(string) · receiver(string), normalised
//	place         conversation · day since 1970 · number · ordinal
//	from, to      TON(1 octet) · NPI(1 octet) · [address(string), if not the normalised one]
//	part          reference · total(1 octet) · seq(1 octet)
//	key           message_id of a part in one form(string)
package journal

import (
	"encoding/binary"
	"fmt"
	"math"
)

// BatchVersion is the version of the batches that this release writes and reads.
const BatchVersion = 1

// Limits of a batch and of a record in octets. No record reaches MaxRecord.
const (
	MaxBatch  = 64 << 10
	MaxRecord = 1 << 10
)

// Header precedes the records of a batch. Instance and Serial differ in all batches, so that
// a writer recognizes its own batch.
type Header struct {
	Epoch    uint64
	Instance uint64
	Serial   uint64
}

// AppendHeader begins a batch.
func AppendHeader(dst []byte, h Header) []byte {
	dst = append(dst, BatchVersion)
	dst = binary.AppendUvarint(dst, h.Epoch)
	dst = binary.BigEndian.AppendUint64(dst, h.Instance)
	return binary.AppendUvarint(dst, h.Serial)
}

// BatchReader reads the records of a batch.
type BatchReader struct {
	Decoder
	Header Header
}

// ParseBatch reads the header; Next reads the records. The error is a *RecordError, or a
// *FormatError if a newer release wrote the batch.
func ParseBatch(data []byte) (BatchReader, error) {
	r := BatchReader{Decoder: Decoder{B: data}}
	if v := r.Byte("version"); r.Err == nil && v != BatchVersion {
		r.Off = 0
		if v > BatchVersion {
			r.newer("version", fmt.Sprintf("batches of version %d", v))
		}
		r.Fail("version", fmt.Sprintf("%d is not %d", v, BatchVersion))
	}
	r.Header = Header{
		Epoch:    r.Ordinal("epoch"),
		Instance: r.Uint64("instance"),
		Serial:   r.Uvarint("serial", math.MaxUint64),
	}
	return r, r.Err
}

// Next reads one record into rec and reports whether there was one; if not, Err reports whether
// that is the end of the batch. The slices of rec are parts of the batch.
func (r *BatchReader) Next(rec *Record) bool {
	if r.Err != nil || r.Off == len(r.B) {
		return false
	}
	*rec = Record{Kind: Kind(r.Byte("kind"))}
	if rec.Kind == 0 || rec.Kind >= Kinds {
		r.Off--
		if rec.Kind >= Kinds {
			r.newer("kind", fmt.Sprintf("records of kind %d", rec.Kind))
		}
		r.Fail("kind", fmt.Sprintf("%d is unknown", rec.Kind))
		return false
	}
	table[rec.Kind].parse(&r.Decoder, rec)
	return r.Err == nil
}
