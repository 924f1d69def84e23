package index

import (
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// BenchmarkReplay builds an index from a log of accepted messages, each of another conversation and with
// message_ids in no order.
func BenchmarkReplay(b *testing.B) {
	const messages = 1_000_000
	for _, perBatch := range []int{20, 155} {
		b.Run(fmt.Sprintf("records=%d", perBatch), func(b *testing.B) {
			log := logOfMessages(b, messages, perBatch)
			b.ResetTimer()
			for range b.N {
				ix, err := Open(b.TempDir(), slog.New(slog.DiscardHandler))
				if err != nil {
					b.Fatal(err)
				}
				a := &Applier{Index: ix, Events: func([]byte) bool { return false }}
				if at, err := a.Replay(b.Context(), log.Open(), slog.New(slog.DiscardHandler)); err != nil || at.Messages != messages {
					b.Fatal(at, err)
				}
				if err := ix.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*messages/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// logOfMessages returns a log of so many accepted messages.
func logOfMessages(b *testing.B, messages, perBatch int) *journal.Memory {
	log := new(journal.Memory)
	l := log.Open()
	all := relaytest.Conversations(b, messages)
	now := time.Now().UnixMilli()
	for i := 0; i < messages; {
		batch := journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: 7, Serial: l.Last() + 1, Messages: uint64(i)})
		for range min(perBatch, messages-i) {
			p := journal.Place{Conv: all[i], Day: message.DayOf(now), Number: 1}
			id := strconv.AppendUint(nil, uint64(i)*0x9E3779B97F4A7C15|1<<63, 16) // in no order
			batch = journal.Append(batch, &journal.Record{
				Kind: journal.KindAccepted, Place: p, Bound: p.Ordinal + 1, At: now, Account: []byte("bank"), MessageID: id,
				From: message.Address{TON: 5, Addr: p.Conv.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: p.Conv.Receiver},
			})
			i++
		}
		if err := l.Append(b.Context(), journal.Seal(batch)); err != nil {
			b.Fatal(err)
		}
	}
	return log
}
