"""The text of INFO. Its reply, errors and command counts are tested in test_commands_server.py."""
import os
import unittest

from redis_clone.info import SECTIONS, format_bytes, info_text

from .support import EngineTestCase, ServerTestCase, receive

# Names of fields by section, in the order of a Redis 7.2.
FIELDS = {
    "server": "redis_version redis_git_sha1 redis_git_dirty redis_build_id redis_mode os arch_bits monotonic_clock "
              "multiplexing_api atomicvar_api gcc_version process_id process_supervised run_id tcp_port "
              "server_time_usec uptime_in_seconds uptime_in_days hz configured_hz lru_clock executable config_file "
              "io_threads_active",
    "clients": "connected_clients cluster_connections maxclients client_recent_max_input_buffer "
               "client_recent_max_output_buffer blocked_clients tracking_clients clients_in_timeout_table "
               "total_blocking_keys total_blocking_keys_on_nokey",
    "memory": "used_memory used_memory_human used_memory_rss used_memory_rss_human used_memory_peak "
              "used_memory_peak_human used_memory_peak_perc used_memory_overhead used_memory_startup "
              "used_memory_dataset used_memory_dataset_perc allocator_allocated allocator_active allocator_resident "
              "total_system_memory total_system_memory_human used_memory_lua used_memory_vm_eval used_memory_lua_human "
              "used_memory_scripts_eval number_of_cached_scripts number_of_functions number_of_libraries "
              "used_memory_vm_functions used_memory_vm_total used_memory_vm_total_human used_memory_functions "
              "used_memory_scripts used_memory_scripts_human maxmemory maxmemory_human maxmemory_policy "
              "allocator_frag_ratio allocator_frag_bytes allocator_rss_ratio allocator_rss_bytes rss_overhead_ratio "
              "rss_overhead_bytes mem_fragmentation_ratio mem_fragmentation_bytes mem_not_counted_for_evict "
              "mem_replication_backlog mem_total_replication_buffers mem_clients_slaves mem_clients_normal "
              "mem_cluster_links mem_aof_buffer mem_allocator active_defrag_running lazyfree_pending_objects "
              "lazyfreed_objects",
    "persistence": "loading async_loading current_cow_peak current_cow_size current_cow_size_age current_fork_perc "
                   "current_save_keys_processed current_save_keys_total rdb_changes_since_last_save "
                   "rdb_bgsave_in_progress rdb_last_save_time rdb_last_bgsave_status rdb_last_bgsave_time_sec "
                   "rdb_current_bgsave_time_sec rdb_saves rdb_last_cow_size rdb_last_load_keys_expired "
                   "rdb_last_load_keys_loaded aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled "
                   "aof_last_rewrite_time_sec aof_current_rewrite_time_sec aof_last_bgrewrite_status aof_rewrites "
                   "aof_rewrites_consecutive_failures aof_last_write_status aof_last_cow_size module_fork_in_progress "
                   "module_fork_last_cow_size",
    "stats": "total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes "
             "total_net_output_bytes total_net_repl_input_bytes total_net_repl_output_bytes instantaneous_input_kbps "
             "instantaneous_output_kbps instantaneous_input_repl_kbps instantaneous_output_repl_kbps "
             "rejected_connections sync_full sync_partial_ok sync_partial_err expired_keys expired_stale_perc "
             "expired_time_cap_reached_count expire_cycle_cpu_milliseconds evicted_keys evicted_clients "
             "total_eviction_exceeded_time current_eviction_exceeded_time keyspace_hits keyspace_misses "
             "pubsub_channels pubsub_patterns pubsubshard_channels latest_fork_usec total_forks migrate_cached_sockets "
             "slave_expires_tracked_keys active_defrag_hits active_defrag_misses active_defrag_key_hits "
             "active_defrag_key_misses total_active_defrag_time current_active_defrag_time tracking_total_keys "
             "tracking_total_items tracking_total_prefixes unexpected_error_replies total_error_replies "
             "dump_payload_sanitizations total_reads_processed total_writes_processed io_threaded_reads_processed "
             "io_threaded_writes_processed reply_buffer_shrinks reply_buffer_expands eventloop_cycles "
             "eventloop_duration_sum eventloop_duration_cmd_sum instantaneous_eventloop_cycles_per_sec "
             "instantaneous_eventloop_duration_usec acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key "
             "acl_access_denied_channel",
    "replication": "role connected_slaves master_failover_state master_replid master_replid2 master_repl_offset "
                   "second_repl_offset repl_backlog_active repl_backlog_size repl_backlog_first_byte_offset "
                   "repl_backlog_histlen",
    "cpu": "used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children used_cpu_sys_main_thread "
           "used_cpu_user_main_thread",
    "cluster": "cluster_enabled",
    "debug": "eventloop_duration_aof_sum eventloop_duration_cron_sum eventloop_duration_max "
             "eventloop_cmd_per_cycle_max",
}


class InfoTestCase(EngineTestCase):
    def fields(self, *sections):
        """Field -> text of the sections."""
        with self.engine.lock:
            text = info_text(self.engine, sections)
        return dict(line.split(":", 1) for line in text.split("\r\n") if line and not line.startswith("#"))


class SectionsTest(InfoTestCase):
    def titles(self, *sections):
        return [line[2:].lower() for line in info_text(self.engine, sections).split("\r\n") if line.startswith("#")]

    def test_each_section_has_the_fields_of_redis_in_their_order(self):
        for section, names in FIELDS.items():
            self.assertEqual(list(self.fields(section)), names.split(), section)

    def test_default_leaves_out_what_is_long(self):
        default = ["server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules", "errorstats",
                   "cluster", "keyspace"]
        self.assertEqual(self.titles(), default)
        self.assertEqual(self.titles("default"), default)
        self.assertEqual(self.titles("nosuch", "DEFAULT", "cpu"), default)

    def test_all_and_everything_have_all_but_debug(self):
        everything = [name for name in SECTIONS if name != "debug"]
        self.assertEqual(self.titles("all"), everything)
        self.assertEqual(self.titles("everything"), everything)
        self.assertEqual(self.titles("debug", "all"), everything + ["debug"])

    def test_lines_end_as_in_redis(self):
        text = info_text(self.engine, ["all"])
        self.assertNotIn("\n", text.replace("\r\n", ""))
        self.assertNotIn("\r\n\r\n\r\n", text)
        self.assertTrue(text.endswith("# Keyspace\r\n"))

    def test_unknown_sections_are_empty(self):
        self.assertEqual(info_text(self.engine, ["nosuch"]), "")


class ServerSectionTest(InfoTestCase):
    config = {"hz": "25"}

    def test_who_and_since_when(self):
        self.clock.advance(90_000)
        fields = self.fields("server")
        self.assertEqual(fields["redis_version"], "7.2.6")
        self.assertEqual(fields["redis_mode"], "standalone")
        self.assertEqual(fields["process_id"], str(os.getpid()))
        self.assertEqual((fields["uptime_in_seconds"], fields["uptime_in_days"]), ("90000", "1"))
        self.assertEqual(fields["hz"], "25")
        self.assertRegex(fields["run_id"], "^[0-9a-f]{40}$")
        self.assertEqual(fields["server_time_usec"], str(int(self.clock.now_s * 1e6)))

    def test_the_configured_port_while_nobody_listens(self):
        self.assertEqual(self.fields("server")["tcp_port"], "6379")

    def test_listeners_are_told_apart(self):
        self.engine.stats.listening += [("tcp", ("127.0.0.1", "-::1"), 7000), ("unix", ("/tmp/x.sock",), 0)]
        fields = self.fields("server")
        self.assertEqual(fields["tcp_port"], "7000")
        self.assertEqual(fields["listener0"], "name=tcp,bind=127.0.0.1,bind=-::1,port=7000")
        self.assertEqual(fields["listener1"], "name=unix,bind=/tmp/x.sock")

    def test_two_servers_are_not_the_same(self):
        first = self.fields("server")["run_id"]
        self.setUp()
        self.assertNotEqual(self.fields("server")["run_id"], first)


class RunningServerTest(ServerTestCase):
    def test_tells_the_port_it_listens_on(self):
        sock = self.connect()
        sock.sendall(b"INFO server\r\n")
        size = int(receive_line(sock)[1:])
        text = receive(sock, size).decode()
        self.assertIn(f"tcp_port:{self.server.port}\r\n", text)
        self.assertRegex(text, rf"listener0:name=tcp(,bind=[^,]+)+,port={self.server.port}\r\n")


def receive_line(sock):
    line = b""
    while not line.endswith(b"\r\n"):
        line += sock.recv(1)
    return line[:-2]


class ClientsSectionTest(InfoTestCase):
    def test_connected_and_blocked_clients(self):
        self.new_client().block("BLPOP a b 0")
        self.new_client().block("BLPOP a 5")
        fields = self.fields("clients")
        self.assertEqual(fields["connected_clients"], "3")
        self.assertEqual(fields["blocked_clients"], "2")
        self.assertEqual(fields["clients_in_timeout_table"], "1")
        self.assertEqual(fields["total_blocking_keys"], "2")
        self.assertEqual(fields["maxclients"], "10000")


class MemorySectionTest(InfoTestCase):
    def test_figures_go_together(self):
        fields = self.fields("memory")
        used, rss, peak = (int(fields[name]) for name in ("used_memory", "used_memory_rss", "used_memory_peak"))
        self.assertLessEqual(used, peak)
        self.assertEqual(fields["mem_fragmentation_bytes"], str(rss - used))
        self.assertEqual(fields["used_memory_human"], format_bytes(used))
        self.assertEqual(int(fields["used_memory_dataset"]), max(used - int(fields["used_memory_overhead"]), 0))
        self.assertEqual(fields["mem_allocator"], "libc")

    def test_limit_and_policy(self):
        self.execute("CONFIG SET maxmemory 100mb maxmemory-policy allkeys-lru")
        fields = self.fields("memory")
        self.assertEqual((fields["maxmemory"], fields["maxmemory_human"], fields["maxmemory_policy"]),
                         ("104857600", "100.00M", "allkeys-lru"))


class StatsSectionTest(InfoTestCase):
    def test_what_the_keyspace_counts(self):
        self.execute("SET k v PX 5")
        self.execute("GET k")
        self.clock.advance(1)
        self.execute("GET k")
        fields = self.fields("stats")
        self.assertEqual((fields["keyspace_hits"], fields["keyspace_misses"], fields["expired_keys"]), ("1", "1", "1"))

    def test_every_call_counts_once(self):
        for command in ("PING", "SET k v", "CONFIG GET timeout", "GET", "NOSUCH"):
            self.client.wire(command)
        fields = self.fields("stats")
        self.assertEqual(fields["total_commands_processed"], "3")
        self.assertEqual(fields["total_error_replies"], "2")

    def test_rates_per_second(self):
        self.engine.housekeep()
        for _ in range(20):
            for _ in range(30):
                self.client.wire("PING")
            self.client.session.bytes_in += 10_240
            self.client.session.bytes_out += 5_120
            self.clock.advance(0.1)
            self.engine.housekeep()
        fields = self.fields("stats")
        self.assertEqual(fields["instantaneous_ops_per_sec"], "300")
        self.assertEqual((fields["instantaneous_input_kbps"], fields["instantaneous_output_kbps"]), ("100.00", "50.00"))

    def test_bytes_of_closed_connections_are_kept(self):
        self.client.session.bytes_in, self.client.session.bytes_out = 70, 7
        other = self.new_client()
        other.session.bytes_in, other.session.bytes_out = 30, 3
        self.client.close()
        fields = self.fields("stats")
        self.assertEqual((fields["total_net_input_bytes"], fields["total_net_output_bytes"]), ("100", "10"))

    def test_subscriptions(self):
        self.client.wire("SUBSCRIBE a b")
        self.client.wire("PSUBSCRIBE x*")
        fields = self.fields("stats")
        self.assertEqual((fields["pubsub_channels"], fields["pubsub_patterns"], fields["pubsubshard_channels"]),
                         ("2", "1", "0"))


class OtherSectionsTest(InfoTestCase):
    def test_changes_since_the_start(self):
        started_at_s = int(self.clock.now_s)
        self.execute("MSET a 1 b 2")
        self.clock.advance(100)
        fields = self.fields("persistence")
        self.assertEqual(fields["rdb_changes_since_last_save"], "2")
        self.assertEqual(fields["rdb_last_save_time"], str(started_at_s))

    def test_replication_id(self):
        self.assertEqual(self.fields("replication")["master_replid"], self.engine.stats.replication_id)

    def test_cpu_time_is_real(self):
        self.assertGreater(float(self.fields("cpu")["used_cpu_user"]), 0)

    def test_keyspace_has_a_line_for_each_database_with_keys(self):
        self.execute("SET a 1")
        self.execute("SET b 1 EX 100")
        self.execute("SELECT 3")
        self.execute("SET c 1 PX 5")
        self.clock.advance(10)
        self.engine.keyspace.tick()
        self.assertEqual(self.fields("keyspace"), {"db0": "keys=2,expires=1,avg_ttl=90000",
                                                   "db3": "keys=1,expires=1,avg_ttl=0"})

    def test_error_codes_cannot_forge_lines(self):
        self.engine.stats.errors["A:b\r\nrole"] = 1
        self.assertIn("errorstat_A_b__role:count=1\r\n", info_text(self.engine, ["errorstats"]))


class FormatBytesTest(unittest.TestCase):
    def test_units(self):
        for count, text in ((0, "0B"), (1023, "1023B"), (1024, "1.00K"), (1_048_575, "1024.00K"), (1 << 20, "1.00M"),
                            (5 << 30, "5.00G"), (1 << 40, "1.00T"), (3 << 50, "3.00P"),
                            (1 << 62, "4611686018427387904B")):
            self.assertEqual(format_bytes(count), text)
