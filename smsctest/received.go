package smsctest

import (
	"context"
	"fmt"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// maxReceived bounds the PDUs that Received returns; the oldest go first.
const maxReceived = 10_000

// PDU is a PDU that came in.
type PDU struct {
	Session uint64    // counted from 1 in the order of connecting
	Account string    // system_id of the bind, empty before it
	At      time.Time // of arrival
	Command string    // such as enquire_link or deliver_sm_resp
	Frame   []byte    // the octets as they came; they must not be changed
}

// Received waits until n PDUs of the command have come since the start or the last Reset, and returns all that
// are kept, the oldest first: bind_transceiver, enquire_link, unbind, deliver_sm_resp and so on. An empty
// command stands for all. With n zero it does not wait. n must not be more than 10,000: the newest are kept.
//
// When ctx ends first, the error says how many there are, and those are returned.
func (s *SMSC) Received(ctx context.Context, command string, n int) ([]PDU, error) {
	var ids []pdu.ID
	if command != "" {
		id, ok := smpp.CommandID(command)
		if !ok {
			return nil, fmt.Errorf("smsctest: command %q: unknown (hint: as SMPP names it, such as enquire_link)", command)
		}
		ids = append(ids, id)
	}
	if n > maxReceived {
		return nil, fmt.Errorf("smsctest: %d PDUs: the newest %d are kept", n, maxReceived)
	}
	records, err := s.smsc.WaitReceived(ctx, n, ids...)
	all := make([]PDU, len(records))
	for i, r := range records {
		all[i] = PDU{r.Session, r.Account, r.At, smpp.Command(r.Frame.ID()), r.Frame}
	}
	if err != nil {
		return all, fmt.Errorf("smsctest: %d %s instead of %d: %w", len(all), command, n, err)
	}
	return all, nil
}
