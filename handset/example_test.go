package handset_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"readback/handset"
	"readback/udh"
)

// A message has come, with data_coding 00.
func ExampleFinder_Find() {
	found := handset.Finder{}.Find(handset.Part{
		UserData: []byte("\x08\x80\x06\x00\x11\x9f\x3a\x01\xc2Your table is booked"),
		HasUDH:   true,
		Coding:   udh.CodingOf(0x00, udh.GSM7),
	})
	fmt.Println(found.Text)
	fmt.Println(found.Carriage, found.Number)

	readAt := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	response, ok := found.Response("+447700900101", "10690001", handset.Read, readAt)
	body, err := json.Marshal(response)
	fmt.Println(ok, err, string(body))

	// Without data connection, the same by SMS:
	userData, err := response.AppendUserData(nil, handset.DefaultAnswerIEI)
	fmt.Printf("% x %v\n", userData, err)

	// Output:
	// Your table is booked
	// element 17
	// true <nil> {"receiver":"+447700900101","sender":"10690001","number":17,"status":1,"read_at":"2026-11-23T08:30:00Z","proof":"9f3a01c2"}
	// 09 81 07 00 11 01 9f 3a 01 c2 <nil>
}

// The queue keeps read responses until the server took them.
func ExampleQueue() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprint(w, `{"code":202}`)
	}))
	defer server.Close()
	dir, err := os.MkdirTemp("", "app-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	store, err := handset.OpenFile(filepath.Join(dir, "reads"))
	if err != nil {
		panic(err)
	}
	defer func() { _ = store.Close() }()
	ctx, cancel := context.WithCancel(context.Background())
	queue, err := handset.OpenQueue(handset.Options{
		Send:  handset.HTTP{URL: server.URL + "/v1/reads", Token: handset.Key("token")}.Send,
		Store: store,
		Final: func(r handset.Response, v handset.Verdict) {
			fmt.Println(r.Number, v.Code)
			cancel()
		},
	})
	if err != nil {
		panic(err)
	}
	if err := queue.Put(handset.Response{Receiver: "447700900101", Number: 17, Status: handset.Read}); err != nil {
		panic(err)
	}
	queue.Run(ctx) // in an app: as long as it lives

	// Output:
	// 17 202
}
