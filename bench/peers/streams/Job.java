// Peer: the minimal job on Kafka Streams, Processor API, one thread, stores in memory with changelog.
// Jackson's streaming parser, which is faster than binding. One argument: JSON, as every peer gets.

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

public class Job {
    record Buyer(long asked, String agent) {}

    record Event(String type, String shop, String buyer, long at, String sender, String agent, long amount) {}

    record Mark(long count, long nanos, long cpu) {}

    static final Serde<Buyer> BUYER = Serdes.serdeFrom(
        (topic, b) -> {
            if (b == null) return null;
            byte[] agent = b.agent.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(8 + agent.length).putLong(b.asked).put(agent).array();
        },
        (topic, d) -> d == null ? null
            : new Buyer(ByteBuffer.wrap(d).getLong(), new String(d, 8, d.length - 8, StandardCharsets.UTF_8)));

    static final Serde<long[]> CELL = Serdes.serdeFrom(
        (topic, cell) -> {
            if (cell == null) return null;
            ByteBuffer bytes = ByteBuffer.allocate(32);
            for (long number : cell) bytes.putLong(number);
            return bytes.array();
        },
        (topic, d) -> {
            if (d == null) return null;
            ByteBuffer bytes = ByteBuffer.wrap(d);
            return new long[] {bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong()};
        });

    static final JsonFactory JSON = new JsonFactory();
    static final List<KeyValueStore<String, long[]>> stores = new ArrayList<>();
    static final List<String> cells = new ArrayList<>();
    static final CountDownLatch done = new CountDownLatch(1);
    static long count, events;
    static Mark first, cold, last;

    static Event decode(byte[] value) throws Exception {
        String type = "", shop = "", buyer = "", sender = "", agent = "";
        long at = 0, amount = 0;
        try (JsonParser parser = JSON.createParser(value)) {
            parser.nextToken();
            for (String name; (name = parser.nextFieldName()) != null; ) {
                parser.nextToken();
                switch (name) {
                    case "type" -> type = parser.getText();
                    case "shop_id" -> shop = parser.getText();
                    case "buyer_id" -> buyer = parser.getText();
                    case "at" -> at = parser.getLongValue();
                    case "sender" -> sender = parser.getText();
                    case "agent_id" -> agent = parser.getText();
                    case "amount_minor" -> amount = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
        }
        return new Event(type, shop, buyer, at, sender, agent, amount);
    }

    static final class Minimal implements Processor<String, byte[], Void, Void> {
        KeyValueStore<String, Buyer> buyers;
        KeyValueStore<String, long[]> sums;

        public void init(ProcessorContext<Void, Void> context) {
            buyers = context.getStateStore("buyers");
            sums = context.getStateStore("cells");
            stores.add(sums);
        }

        void add(String agent, long at, int place, long sum) {
            String key = agent + '|' + at / 60000;
            long[] cell = sums.get(key);
            if (cell == null) cell = new long[4];
            cell[place]++;
            cell[place + 1] += sum;
            sums.put(key, cell);
        }

        public void process(Record<String, byte[]> record) {
            if (first == null) first = mark();
            Event e;
            try {
                e = decode(record.value());
            } catch (Exception x) {
                throw new RuntimeException(x);
            }
            String key = e.shop + ':' + e.buyer;
            if (e.type.equals("message") && e.sender.equals("buyer")) {
                Buyer before = buyers.get(key);
                buyers.put(key, new Buyer(e.at, before == null ? "" : before.agent));
            } else if (e.type.equals("message") && e.sender.equals("agent")) {
                Buyer before = buyers.get(key);
                buyers.put(key, new Buyer(0, e.agent));
                if (before != null && before.asked != 0) add(e.agent, e.at, 0, e.at - before.asked);
            } else if (e.type.equals("paid")) {
                Buyer before = buyers.get(key);
                if (before != null && !before.agent.isEmpty()) add(before.agent, e.at, 2, e.amount);
            }
            count++;
            if (count == events / 5) cold = mark();
            if (count == events) {
                last = mark();
                collect();
                done.countDown();
            }
        }
    }

    static void collect() {
        for (var store : stores) {
            try (var rows = store.all()) {
                rows.forEachRemaining(row -> {
                    StringBuilder line = new StringBuilder(row.key);
                    for (long number : row.value) line.append('|').append(number);
                    cells.add(line.append('\n').toString());
                });
            }
        }
        Collections.sort(cells);
    }

    static Mark mark() {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new Mark(count, System.nanoTime(), system.getProcessCpuTime());
    }

    static double seconds(Mark from, Mark to) {
        return (to.nanos - from.nanos) / 1e9;
    }

    static <V> StoreBuilder<KeyValueStore<String, V>> store(String name, Serde<V> serde) {
        return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), serde)
            .withCachingDisabled();
    }

    static long peakMegabytes() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.startsWith("VmHWM")) return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        return 0;
    }

    public static void main(String[] arguments) throws Exception {
        JsonNode wanted = new ObjectMapper().readTree(arguments[0]);
        events = wanted.get("events").asLong();
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, wanted.get("run").asText());
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, wanted.get("broker").asText());
        p.put(StreamsConfig.STATE_DIR_CONFIG, wanted.get("folder").asText());
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put("auto.offset.reset", "earliest");
        Topology topology = new Topology();
        String topic = wanted.get("topic").asText();
        topology.addSource("in", new StringDeserializer(), new ByteArrayDeserializer(), topic);
        topology.addProcessor("job", Minimal::new, "in");
        topology.addStateStore(store("buyers", BUYER), "job");
        topology.addStateStore(store("cells", CELL), "job");
        KafkaStreams streams = new KafkaStreams(topology, p);
        streams.setUncaughtExceptionHandler(x -> {
            x.printStackTrace();
            System.exit(3);
            return null;
        });
        streams.start();
        done.await();
        streams.close(Duration.ofSeconds(60));
        Mark end = mark();
        byte[] sha = MessageDigest.getInstance("SHA-256").digest(String.join("", cells).getBytes());
        String check = cells.size() + " cells " + HexFormat.of().formatHex(sha).substring(0, 16);
        System.out.printf(Locale.ROOT,
            "RESULT {\"events\": %d, \"last_s\": %f, \"durable_s\": %f, \"rate\": %f, \"rate_last\": %f, "
                + "\"rate_cold\": %f, \"rate_warm\": %f, \"core_s_per_100k\": %f, \"rss_mb\": %d, \"check\": \"%s\"}%n",
            events, seconds(first, last), seconds(first, end), events / seconds(first, end),
            events / seconds(first, last), cold.count / seconds(first, cold),
            (events - cold.count) / seconds(cold, end), (end.cpu - first.cpu) / 1e9 / events * 1e5,
            peakMegabytes(), check);
    }
}
