# The service alone; compose.yaml brings its database.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -o /tahweel ./cmd/tahweel && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /tahweel /tahweel
COPY --from=build --chown=nonroot:nonroot /data /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/tahweel"]
