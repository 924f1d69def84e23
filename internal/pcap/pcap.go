// Package pcap writes what was sent over TCP as a file that Wireshark reads: each piece of data in a segment, with the
// headers that it may have had. The library for this (gopacket) would make the binary larger by 2 MiB for 100 lines.
package pcap

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// The header of the file (draft-ietf-opsawg-pcap): magic number with nanoseconds, version, and the type of the link.
const (
	magicNanos   = 0xA1B23C4D
	majorVersion = 2
	minorVersion = 4
	maxPacket    = 64 << 10
	linkEthernet = 1
)

// Writer writes a capture. The stream of each direction of a connection is without gaps.
type Writer struct {
	w    io.Writer
	next map[flow]uint32 // sequence number of the next octet
}

// flow is one direction of a connection.
type flow struct{ from, to netip.AddrPort }

// NewWriter writes the header of the file, and returns a Writer of what follows.
func NewWriter(w io.Writer) (*Writer, error) {
	var b []byte
	b = binary.LittleEndian.AppendUint32(b, magicNanos)
	b = binary.LittleEndian.AppendUint16(b, majorVersion)
	b = binary.LittleEndian.AppendUint16(b, minorVersion)
	b = binary.LittleEndian.AppendUint64(b, 0) // time zone and accuracy
	b = binary.LittleEndian.AppendUint32(b, maxPacket)
	b = binary.LittleEndian.AppendUint32(b, linkEthernet)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("write capture: %w", err)
	}
	return &Writer{w: w, next: make(map[flow]uint32)}, nil
}

// maxSegment is how much data a segment has: IP packets, and the packets of a capture, are shorter than 64 KiB.
const maxSegment = 32 << 10

// Write writes what was sent at a time from one address to the other.
func (w *Writer) Write(at time.Time, from, to netip.AddrPort, data []byte) error {
	for len(data) > 0 {
		n := min(len(data), maxSegment)
		if err := w.segment(at, flow{from, to}, data[:n]); err != nil {
			return fmt.Errorf("write capture: %w", err)
		}
		data = data[n:]
	}
	return nil
}

func (w *Writer) segment(at time.Time, f flow, data []byte) error {
	packet := appendPacket(nil, f, w.seq(f), w.seq(flow{f.to, f.from}), data)
	w.next[f] += uint32(len(data))
	b := binary.LittleEndian.AppendUint32(nil, uint32(at.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(at.Nanosecond()))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(packet)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(packet)))
	_, err := w.w.Write(append(b, packet...))
	return err
}

// seq returns the sequence number of the next octet of a flow. The first one is 1, as behind a SYN.
func (w *Writer) seq(f flow) uint32 {
	if _, ok := w.next[f]; !ok {
		w.next[f] = 1
	}
	return w.next[f]
}
