package index

import (
	"context"
	"encoding/binary"
	"log/slog"

	"readback/relay/journal"
)

// instanceKey is 'i' · epoch(8 octets). Its value is the instance that wrote the epoch, which is random
// and tells the log of this index from that of another ledger, and the cycle of its numbers.
func instanceKey(dst []byte, epoch uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, prefixInstance), epoch)
}

func appendInstance(dst []byte, instance uint64, first, last uint16) []byte {
	dst = binary.BigEndian.AppendUint64(dst, instance)
	dst = binary.AppendUvarint(dst, uint64(first))
	return binary.AppendUvarint(dst, uint64(last))
}

func parseInstance(value []byte) (instance uint64, c Cycle, err error) {
	d := journal.Decoder{B: value}
	instance = d.Uint64("instance")
	c.First, c.Last = d.Uint16("first"), d.Uint16("last")
	return instance, c, d.Err
}

// CycleOf returns the cycle of numbers of an epoch; zero if that is not known.
func (ix *Index) CycleOf(epoch uint64) (Cycle, error) {
	value, err := ix.get(instanceKey(nil, epoch))
	if err != nil || value == nil {
		return Cycle{}, err
	}
	_, c, err := parseInstance(value)
	return c, err
}

// recognize returns how far the index follows a log in another stream than before. A log of the same
// ledger was copied, restored or begun again, and the index goes on with it. For the log of another
// ledger the index is emptied.
func (a *Applier) recognize(ctx context.Context, log journal.Log, at Position, logger *slog.Logger) (Position, error) {
	if log.Info().Empty {
		return at, nil
	}
	known := false
	err := log.Replay(ctx, log.Info().First, func(_ uint64, batch []byte) error {
		r, err := journal.ParseBatch(batch)
		if err != nil {
			return nil // another one says it
		}
		if r.Header.Epoch <= at.Epoch {
			value, err := a.Index.get(instanceKey(nil, r.Header.Epoch))
			if err != nil {
				return err
			}
			instance, _, err := parseInstance(value)
			known = err == nil && instance == r.Header.Instance
		}
		return errEnough
	})
	if err != nil && err != errEnough {
		return at, err
	}
	if known {
		return at, nil
	}
	logger.Error("index is of another ledger than the log, and is built again from the log", "index_batches", at.Serial)
	a.Index.recent.stop(true)
	return Position{}, firstError(a.Index.empty(), a.Index.set(keyMeta, metaValue(log.Info().Created)))
}

// InstanceOf returns the instance that wrote an epoch; 0 if that is not known.
func (ix *Index) InstanceOf(epoch uint64) (uint64, error) {
	value, err := ix.get(instanceKey(nil, epoch))
	if err != nil || value == nil {
		return 0, err
	}
	d := journal.Decoder{B: value}
	instance := d.Uint64("instance")
	return instance, d.Err
}
