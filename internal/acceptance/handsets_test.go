//go:build e2e

package acceptance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
	"golang.org/x/sync/errgroup"

	"readback/internal/simulator"
	"readback/smpp"
)

// smppReads is an ESME that is itself a receiver.
type smppReads struct{ e *simulator.ESME }

// reader is its account.
const reader = "reader"

func readerAccount(*testing.T) settings {
	return settings{"accounts." + reader + ".may_read": []string{"447700900*"}, "accounts." + reader + ".track.when": "off"}
}

func openSMPPReads(ctx context.Context, _ *testing.T, w *readWorld) (readWay, error) {
	g, _ := w.current()
	e, err := simulator.OpenESME(ctx, g.addr, simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: reader}, Window: 32, // the gateway takes 64 at once
	})
	return smppReads{e}, err
}

func (s smppReads) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.e.Unbind(ctx) // a gateway that is gone answers nothing
}

func (s smppReads) send(ctx context.Context, items []readItem) ([]int, error) {
	codes := make([]int, len(items))
	var all errgroup.Group
	for i, item := range items {
		all.Go(func() error {
			m := simulator.ShortMessage{
				From: simulator.Number(item.receiver), To: simulator.Number(readFrom), ESMClass: smpp.ESMClassUDHI | smpp.ESMClassDeliveryAck,
				UserData: []byte{5, 0x81, 3, byte(item.number >> 8), byte(item.number), 1},
			}
			resp, err := s.e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
			if err == nil {
				codes[i] = smppVerdicts[resp.Status()]
			}
			return err
		})
	}
	return codes, all.Wait()
}

// smppVerdicts are the verdicts that statuses stand for.
var smppVerdicts = map[pdu.Status]int{
	smpp.StatusOK: http.StatusAccepted, smpp.StatusTempApp: http.StatusServiceUnavailable,
	smpp.StatusSysErr: http.StatusServiceUnavailable, smpp.StatusThrottled: http.StatusServiceUnavailable,
	smpp.StatusSubmitFailed: http.StatusNotFound,
}

// mqttReads publishes with QoS 1: what is acknowledged is looked at, whatever crashes.
type mqttReads struct{ c mqtt.Client }

func mqttListener(t *testing.T) settings { return settings{"reads.mqtt.addr": freeAddr(t)} }

func openMQTTReads(_ context.Context, _ *testing.T, w *readWorld) (readWay, error) {
	const soon = 5 * time.Second
	opt := mqtt.NewClientOptions().AddBroker("tcp://" + w.listens("reads.mqtt.addr")).SetClientID(nuid.Next()).
		SetAutoReconnect(false).SetConnectTimeout(soon).SetOrderMatters(false)
	c := mqtt.NewClient(opt)
	if t := c.Connect(); !t.WaitTimeout(soon) || t.Error() != nil {
		return nil, fmt.Errorf("connect: %v", t.Error())
	}
	return mqttReads{c}, nil
}

func (m mqttReads) close() { m.c.Disconnect(0) }

func (m mqttReads) send(ctx context.Context, items []readItem) ([]int, error) {
	tokens := make([]mqtt.Token, len(items))
	for i, item := range items {
		tokens[i] = m.c.Publish("readback/reads/"+item.receiver, 1, false, readJSON(item))
	}
	for _, t := range tokens {
		select {
		case <-t.Done():
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if t.Error() != nil {
			return nil, t.Error()
		}
	}
	return make([]int, len(items)), nil
}

// readJSON is one read response.
func readJSON(item readItem) []byte {
	all := readsJSON([]readItem{item})
	return all[1 : len(all)-1]
}

// webSocketReads asks over NATS in WebSocket.
type webSocketReads struct{ nc *nats.Conn }

func webSocketListener(t *testing.T) settings { return settings{"reads.websocket.addr": freeAddr(t)} }

func openWebSocketReads(_ context.Context, _ *testing.T, w *readWorld) (readWay, error) {
	nc, err := nats.Connect("ws://"+w.listens("reads.websocket.addr"), nats.NoReconnect())
	return webSocketReads{nc}, err
}

func (s webSocketReads) close() { s.nc.Close() }

func (s webSocketReads) send(ctx context.Context, items []readItem) ([]int, error) {
	codes := make([]int, len(items))
	var all errgroup.Group
	for i, item := range items {
		all.Go(func() (err error) {
			codes[i], err = s.ask(ctx, item)
			return err
		})
	}
	return codes, all.Wait()
}

// ask waits for the verdict below the receiver's own subject.
func (s webSocketReads) ask(ctx context.Context, item readItem) (code int, err error) {
	m := nats.NewMsg("readback.reads." + item.receiver)
	m.Data, m.Reply = readJSON(item), "readback.verdicts."+item.receiver+"."+nuid.Next()
	answer, err := s.nc.SubscribeSync(m.Reply)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Unsubscribe() }() // the connection may be gone
	if err := s.nc.PublishMsg(m); err != nil {
		return 0, err
	}
	verdict, err := answer.NextMsgWithContext(ctx)
	if err != nil {
		return 0, err
	}
	var v struct{ Code int }
	err = json.Unmarshal(verdict.Data, &v)
	return v.Code, err
}
