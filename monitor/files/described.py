"""Every format that is read, for people: (name, columns)."""

DESCRIBED = (
    (
        "our own, bars",
        "ts, exchange, symbol, open, high, low, close, base_volume, quote_volume, taker_buy_quote (the last two may be blank or absent)",
    ),
    (
        "our own, supplies",
        "ts, token, source, price_usd, market_cap_usd, circulating_supply, volume_24h_usd (figures may be blank or absent)",
    ),
    (
        "Binance klines",
        "open_time, open, high, low, close, volume, close_time, quote_volume, count, taker_buy_volume, taker_buy_quote_volume, ignore; header or none",
    ),
    (
        "CryptoDataDownload",
        "Unix, Date, Symbol, Open, High, Low, Close, Volume BASE, Volume QUOTE (file EXCHANGE_PAIR_1h.csv)",
    ),
    (
        "freqtrade or ccxt candles",
        "date, open, high, low, close, volume; or arrays of (ms, open, high, low, close, volume)",
    ),
    (
        "TradingView or other candles with a header",
        "time (or date, timestamp, open_time), open, high, low, close, volume; quote_volume, exchange, symbol if there",
    ),
    (
        "Kraken OHLCVT",
        "Unix time, open, high, low, close, volume, trades, no header (file PAIR_60.csv, minutes)",
    ),
    (
        "CoinGecko",
        "snapped_at, price, market_cap, total_volume; or JSON with prices, market_caps, total_volumes",
    ),
    (
        "CoinMarketCap",
        "timeClose, close, marketCap, circulatingSupply; or Symbol, Price, Market Cap, Circulating Supply (file ..._20250105.csv)",
    ),
)
