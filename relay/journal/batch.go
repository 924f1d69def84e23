// Package journal holds the records of the ledger, one file for each kind, and the log that
// they are appended to.
//
// A batch is one message of the log, and a record one event of the ledger:
//
//	batch     version(1 octet)=3 · epoch · instance(8 octets) · serial · messages · record … ·
//	          checksum(4 octets)
//	record    kind(1 octet) · body
//
// The serial counts the batches of a ledger, through all its epochs, so that a missing one is
// noticed. messages is how many records of accepted messages came before the batch. The checksum is
// CRC-32C of all octets before it, in every version but the first, which has neither messages nor
// checksum, and whose serial counts those of an epoch.
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
	"hash/crc32"
	"math"
)

// BatchVersion is the version of the batches that this release writes. It reads those of earlier versions
// as well: accepted records of version 2 have no trail, and read records no way.
const BatchVersion = 3

const (
	plainBatches   = 1             // the version without checksums
	plainKinds     = KindPublished // the last kind in it; another one is damage
	checksumOctets = 4
)

// Limits of a batch and of a record in octets. No record reaches MaxRecord.
const (
	MaxBatch  = 64 << 10
	MaxRecord = 1 << 10
)

// Window is W: how many numbers of a conversation may be assigned and not be in the log.
const Window = 8

// Header precedes the records of a batch. Instance and Serial differ in all batches, so that
// a writer recognizes its own batch.
type Header struct {
	Epoch    uint64
	Instance uint64
	Serial   uint64
	Messages uint64
}

// AppendHeader begins a batch.
func AppendHeader(dst []byte, h Header) []byte {
	dst = append(dst, BatchVersion)
	dst = binary.AppendUvarint(dst, h.Epoch)
	dst = binary.BigEndian.AppendUint64(dst, h.Instance)
	dst = binary.AppendUvarint(dst, h.Serial)
	return binary.AppendUvarint(dst, h.Messages)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Seal ends a batch: it appends the checksum.
func Seal(batch []byte) []byte {
	return binary.BigEndian.AppendUint32(batch, crc32.Checksum(batch, castagnoli))
}

// Unseal returns what Seal got.
func Unseal(batch []byte) []byte { return batch[:len(batch)-checksumOctets] }

// BatchReader reads the records of a batch.
type BatchReader struct {
	Decoder
	Header  Header
	Version byte
	Sum     uint32 // the checksum; 0 in version 1
}

// HasMessages reports whether the header counts messages and batches of all epochs.
func (r *BatchReader) HasMessages() bool { return r.Version != plainBatches }

// ParseBatch checks the checksum and reads the header; Next reads the records. The error is a
// *RecordError, or a *FormatError if a newer release wrote the batch.
func ParseBatch(data []byte) (BatchReader, error) {
	r := BatchReader{Decoder: Decoder{B: data}}
	r.Version = r.Byte("version")
	if r.Err == nil && r.Version != plainBatches {
		r.checkSum()
	}
	switch {
	case r.Err != nil:
	case r.Version > BatchVersion:
		r.Off = 0
		r.newer("version", fmt.Sprintf("batches of version %d", r.Version))
	case r.Version == 0:
		r.Off = 0
		r.Fail("version", "is 0")
	}
	r.Header = Header{
		Epoch:    r.Ordinal("epoch"),
		Instance: r.Uint64("instance"),
		Serial:   r.Uvarint("serial", math.MaxUint64),
	}
	if r.Version != plainBatches {
		r.Header.Messages = r.Ordinal("messages")
	}
	return r, r.Err
}

// ReadRecords returns a reader of records without the header and the checksum of their batch.
func ReadRecords(records []byte) BatchReader {
	return BatchReader{Decoder: Decoder{B: records}, Version: BatchVersion}
}

// checkSum checks the checksum, and takes it off what is left to read.
func (r *BatchReader) checkSum() {
	end := len(r.B) - checksumOctets
	if end < r.Off {
		r.Fail("checksum", "cut short")
		return
	}
	r.Sum = binary.BigEndian.Uint32(r.B[end:])
	if got := crc32.Checksum(r.B[:end], castagnoli); got != r.Sum {
		r.Off = end
		r.Fail("checksum", fmt.Sprintf("is %08x, and that of the octets is %08x", r.Sum, got))
		return
	}
	r.B = r.B[:end]
}

// Next reads one record into rec and reports whether there was one; if not, Err reports whether
// that is the end of the batch. The slices of rec are parts of the batch.
func (r *BatchReader) Next(rec *Record) bool {
	if r.Err != nil || r.Off == len(r.B) {
		return false
	}
	*rec = Record{Kind: Kind(r.Byte("kind"))}
	if rec.Kind == 0 || rec.Kind >= Kinds || r.Version == plainBatches && rec.Kind > plainKinds {
		r.Off--
		if r.Version != plainBatches && rec.Kind >= Kinds {
			r.newer("kind", fmt.Sprintf("records of kind %d", rec.Kind))
		}
		r.Fail("kind", fmt.Sprintf("%d is unknown", rec.Kind))
		return false
	}
	table[rec.Kind].parse(&r.Decoder, rec)
	return r.Err == nil
}
