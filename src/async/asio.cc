// The one unit that compiles Asio (BOOST_ASIO_SEPARATE_COMPILATION); everybody else only declares it.
#include <boost/asio/impl/src.hpp>
