"""The peer of the whole-job benchmark: the same eight rules over the same three
tables, merged into user_tags, as a competent Spark job does it.

Tuned for this machine: local[2], memory well above need, adaptive execution,
few shuffle partitions, no UI, only built-in functions (no Python per row), the
driver jar resolved beforehand, existing rows read by several JDBC connections,
one staging table and one INSERT ... ON DUPLICATE KEY UPDATE. A table that is
empty is appended to directly, which an ordinary job would not do: with
--always-stage it goes through the staging table too. It does less than Tagmill:
tags set by hand, fencing and a record of changes are left out.
"""

import argparse
import json
import os
import sys
import time

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

TAGS = [
    (1, "高净值用户", "总资产不低于 10 万"),
    (2, "活跃交易者", "30 天内交易超过 10 次"),
    (3, "低风险用户", "风险评分不高于 30"),
    (4, "新注册用户", "最近 30 天注册"),
    (5, "VIP客户", "VIP2 或 VIP3，且 KYC 已通过"),
    (6, "现金充足用户", "现金余额不低于 5 万"),
    (7, "年轻用户", "年龄在 18 到 30 岁之间"),
    (8, "最近活跃用户", "最近 7 天登录过"),
]
TAG_IDS = [tag for tag, _, _ in TAGS]


def rules(day: str) -> dict[int, Column]:
    """TRUE, FALSE or NULL (unknown), as SQL has it."""
    c = F.col
    today = F.to_date(F.lit(day))
    return {
        1: c("total_asset_value") >= 100000,
        2: c("trade_count_30d") > 10,
        3: F.when(~F.isnan("risk_score"), c("risk_score") <= 30),
        4: c("registration_date").between(F.date_sub(today, 29), today),
        5: c("user_level").isin("VIP2", "VIP3") & (c("kyc_status") == "verified"),
        6: c("cash_balance") >= 50000,
        7: c("age").between(18, 30),
        8: c("last_login_date").between(F.date_sub(today, 6), today),
    }


def users(spark: SparkSession, tables: str, day: str) -> DataFrame:
    def table(name: str, *columns: str) -> DataFrame:
        return spark.read.parquet(f"{tables}/{name}/dt={day}").select("user_id", *columns)

    basic = table("user_basic_info", "risk_score", "registration_date", "user_level", "kyc_status", "age")
    asset = table("user_asset_summary", "total_asset_value", "cash_balance")
    activity = table("user_activity_summary", "trade_count_30d", "last_login_date")
    joined = basic.join(asset, "user_id", "full").join(activity, "user_id", "full")
    found = rules(day)
    return joined.select("user_id", *[found[tag].alias(f"t{tag}") for tag in TAG_IDS])


def with_tags(rows: DataFrame, day: str) -> DataFrame:
    """`rows` has t1..t8 and the stored tag_ids and tag_details, NULL for new users."""
    held = F.from_json("tag_ids", "array<int>")
    rows = rows.withColumn("held", held)
    has = {tag: F.coalesce(F.col(f"t{tag}"), F.array_contains("held", tag), F.lit(False)) for tag in TAG_IDS}
    others = F.array_except("held", F.array(*[F.lit(tag) for tag in TAG_IDS]))
    own_ids = F.concat_ws(",", *[F.when(has[tag], F.lit(str(tag))) for tag in TAG_IDS])
    merged = F.array_sort(F.array_union(others, F.from_json(F.concat(F.lit("["), own_ids, F.lit("]")), "array<int>")))
    plain = F.col("held").isNull() | (F.size(others) == 0)
    ids = F.when(plain, F.concat(F.lit("["), own_ids, F.lit("]"))).otherwise(F.to_json(merged))

    def entry(tag: int, name: str, reason: str) -> str:
        detail = {"tag_name": name, "reason": reason, "source": "AUTO", "rule_version": 1, "since": day}
        return f'"{tag}":' + json.dumps(detail, ensure_ascii=False, separators=(",", ":"))

    own = F.concat_ws(",", *[F.when(has[tag], F.lit(entry(tag, name, reason))) for tag, name, reason in TAGS])
    kept = F.from_json("tag_details", "map<string,string>")
    kept = F.map_filter(kept, lambda key, _: ~key.isin(*[str(tag) for tag in TAG_IDS]))
    rest = F.array_join(F.transform(F.map_entries(kept), lambda one: F.concat(F.lit('"'), one["key"], F.lit('":'), one["value"])), ",")
    details = F.concat(F.lit("{"), F.when(plain, own).otherwise(F.concat_ws(",", F.nullif(own, F.lit("")), rest)), F.lit("}"))
    wanted = F.col("held").isNotNull()
    for tag in TAG_IDS:
        wanted = wanted | F.coalesce(F.col(f"t{tag}"), F.lit(False))
    return rows.filter(wanted).select("user_id", ids.alias("tag_ids"), details.alias("tag_details"))


class Mariadb:
    """user_tags in MariaDB, through JDBC."""

    def __init__(self, spark: SparkSession, url: str, driver: str, connections: int) -> None:
        self.spark, self.url, self.connections = spark, url, connections
        self.options = {"driver": driver, "batchsize": "10000", "fetchsize": "10000"}

    def execute(self, *statements: str) -> None:
        connection = self.spark._jvm.java.sql.DriverManager.getConnection(self.url)
        try:
            statement = connection.createStatement()
            for one in statements:
                statement.execute(one)
        finally:
            connection.close()

    def bounds(self) -> tuple[int, int] | None:
        """Lowest and highest id; None when there is no row."""
        query = {"url": self.url, "query": "SELECT MIN(id) AS low, MAX(id) AS high FROM user_tags", **self.options}
        row = self.spark.read.format("jdbc").options(**query).load().head()
        return None if row is None or row["low"] is None else (int(row["low"]), int(row["high"]))

    def existing(self, bounds: tuple[int, int]) -> DataFrame:
        parts = {
            "column": "id",
            "lowerBound": bounds[0],
            "upperBound": bounds[1] + 1,
            "numPartitions": self.connections * 4,
        }
        rows = self.spark.read.jdbc(self.url, "user_tags", properties=self.options, **parts)
        return rows.select("user_id", "tag_ids", "tag_details")

    def write(self, rows: DataFrame, table: str) -> None:
        rows.write.jdbc(self.url, table, mode="append", properties={**self.options, "isolationLevel": "READ_COMMITTED"})

    def merge(self, rows: DataFrame) -> None:
        self.execute(
            "DROP TABLE IF EXISTS user_tags_stage",
            "CREATE TABLE user_tags_stage (user_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, "
            "tag_ids TEXT CHARACTER SET utf8mb4 NOT NULL, tag_details TEXT CHARACTER SET utf8mb4) ENGINE=InnoDB",
        )
        self.write(rows, "user_tags_stage")
        self.execute(
            "INSERT INTO user_tags (user_id, tag_ids, tag_details) SELECT user_id, tag_ids, tag_details FROM user_tags_stage "
            "ON DUPLICATE KEY UPDATE tag_ids = VALUES(tag_ids), tag_details = VALUES(tag_details), updated_time = NOW()",
            "DROP TABLE user_tags_stage",
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", required=True)
    parser.add_argument("--day", required=True)
    parser.add_argument("--jdbc", required=True, help="JDBC address with user and password")
    parser.add_argument("--driver", required=True)
    parser.add_argument("--jars", required=True)
    parser.add_argument("--temp", required=True)
    parser.add_argument("--memory", default="8g")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--evaluate-only", action="store_true")
    parser.add_argument("--always-stage", action="store_true", help="one path for all runs: an empty table is staged and merged too")
    args = parser.parse_args()
    started = time.monotonic()
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", args.memory)
        .config("spark.driver.extraClassPath", args.jars)
        .config("spark.local.dir", args.temp)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", str(args.partitions))
        .config("spark.sql.adaptive.enabled", "true")
        .config("spark.driver.extraJavaOptions", "-XX:+UseParallelGC")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    up = time.monotonic()
    found = users(spark, args.tables, args.day)
    if args.evaluate_only:
        found.write.format("noop").mode("overwrite").save()
    else:
        target = Mariadb(spark, args.jdbc, args.driver, 2)
        bounds = target.bounds()
        if bounds is None and not args.always_stage:
            empty = found.withColumn("tag_ids", F.lit(None).cast("string")).withColumn("tag_details", F.lit(None).cast("string"))
            target.write(with_tags(empty, args.day), "user_tags")
        else:
            target.merge(with_tags(found.join(target.existing(bounds or (0, 0)), "user_id", "full"), args.day))
    done = time.monotonic()
    print(json.dumps({"start": round(up - started, 2), "work": round(done - up, 2), "version": spark.version}))
    spark.stop()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()
