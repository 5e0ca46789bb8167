// Sends the lines of a file, which are objects of JSON, by the Fluent project's client for Go, with acknowledgements.
//
//	fluent-sender FILE SOCKET
//
// Each record is a message of its own, which is sent again until it is acknowledged, and so waits for a sync of the
// disk. Many senders share each sync.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
	"time"

	"github.com/fluent/fluent-logger-golang/fluent"
)

const senders = 32

func main() {
	lines := make(chan []byte)
	for i := 0; i < senders; i++ {
		go send(os.Args[2], lines)
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	reader := bufio.NewReader(file)
	var line []byte
	for {
		part, err := reader.ReadBytes('\n')
		line = append(line, part...)
		switch err {
		case nil:
			lines <- line
			line = nil
		case io.EOF: // the rest of it comes later
			time.Sleep(50 * time.Millisecond)
		default:
			log.Fatal(err)
		}
	}
}

func send(socket string, lines <-chan []byte) {
	logger, err := fluent.New(fluent.Config{
		FluentNetwork: "unix", FluentSocketPath: socket, RequestAck: true, SubSecondPrecision: true,
		RetryWait: 200, MaxRetryWait: 1000, MaxRetry: 100_000,
	})
	if err != nil {
		log.Fatal(err)
	}
	for line := range lines {
		var record map[string]interface{}
		if err := json.Unmarshal(line, &record); err != nil {
			log.Fatal(err)
		}
		if err := logger.Post("app", record); err != nil {
			log.Fatal(err)
		}
	}
}
