package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"

	"readback/handset"
)

const readsTimeout = 30 * time.Second // of a request

// sendReads sends read responses and returns the verdict on each, as the Send of handset.HTTP does.
type sendReads func(ctx context.Context, batch []handset.Response) ([]handset.Verdict, error)

// connect opens a connection for read responses: which kind is said by the scheme of the URL.
func (o ReadsOptions) connect() (send sendReads, end func(), err error) {
	at, err := url.Parse(o.URL)
	if err != nil {
		return nil, nil, err
	}
	switch at.Scheme {
	case "nats":
		return readsByNATS(o.URL)
	case "mqtt":
		return readsByMQTT(at.Host)
	}
	transport := &http.Transport{MaxConnsPerHost: 1, DisableCompression: true}
	server := handset.HTTP{URL: o.URL, Client: &http.Client{Transport: transport, Timeout: readsTimeout}}
	if o.APIKey != "" {
		server.APIKey = handset.Key(o.APIKey)
	}
	return server.Send, transport.CloseIdleConnections, nil
}

// readsByNATS sends requests, whose answers are the verdicts.
func readsByNATS(server string) (send sendReads, end func(), err error) {
	nc, err := nats.Connect(server, nats.Timeout(readsTimeout))
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, batch []handset.Response) ([]handset.Verdict, error) {
		ctx, cancel := context.WithTimeout(ctx, readsTimeout)
		defer cancel()
		body, err := json.Marshal(batch)
		if err != nil {
			return nil, err
		}
		answer, err := nc.RequestWithContext(ctx, "readback.reads.now", body)
		if err != nil {
			return nil, err
		}
		return parseVerdicts(answer.Data, len(batch))
	}, nc.Close, nil
}

// parseVerdicts reads the answer to several read responses: an array, or one verdict on all.
func parseVerdicts(answer []byte, n int) (all []handset.Verdict, err error) {
	if bytes.HasPrefix(answer, []byte{'['}) {
		if err := json.Unmarshal(answer, &all); err != nil || len(all) != n {
			return nil, fmt.Errorf("%w: %.200q", handset.ErrNoVerdict, answer)
		}
		return all, nil
	}
	var one handset.Verdict
	switch err := json.Unmarshal(answer, &one); {
	case err != nil || one.Code == 0:
		return nil, fmt.Errorf("%w: %.200q", handset.ErrNoVerdict, answer)
	case one.Again():
		return nil, &handset.LaterError{Verdict: one}
	}
	for range n {
		all = append(all, one)
	}
	return all, nil
}

// readsByMQTT publishes with QoS 1 on the topic of the receiver. It does not wait for the verdicts: that the server
// acknowledges a read response counts as accepted.
func readsByMQTT(server string) (send sendReads, end func(), err error) {
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + server).SetAutoReconnect(false).
		SetProtocolVersion(4).SetConnectTimeout(readsTimeout).SetClientID(nats.NewInbox()[len("_INBOX."):]))
	if err := wait(c.Connect()); err != nil {
		return nil, nil, err
	}
	return func(_ context.Context, batch []handset.Response) (all []handset.Verdict, err error) {
		for _, r := range batch {
			body, err := json.Marshal(r)
			if err == nil {
				err = wait(c.Publish("readback/reads/"+r.Receiver, 1, false, body))
			}
			if err != nil {
				return nil, err
			}
			all = append(all, handset.Verdict{Code: http.StatusAccepted})
		}
		return all, nil
	}, func() { c.Disconnect(0) }, nil
}

// wait waits for what a client of MQTT does.
func wait(t mqtt.Token) error {
	if !t.WaitTimeout(readsTimeout) {
		return fmt.Errorf("no answer within %v", readsTimeout)
	}
	return t.Error()
}
